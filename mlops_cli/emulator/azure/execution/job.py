"""The process of a submitted run: its command and its environment."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli.emulator.azure.execution.folder import RunFolder
from mlops_cli.emulator.env import client_environment
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.tokens import LIFETIME_SECONDS
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

SCRIPT = Path(__file__).parent / "run_script.py"
PRINCIPAL = "AZUREML_SERVICE_PRINCIPAL_"


def job_of(
    app: App,
    workspace: Workspace,
    run: Document,
    folder: RunFolder,
    configuration: Document,
    variables: dict[str, str],
    *,
    local: bool,
) -> Document:
    """What `runner.py` is told. A `local` run keeps the place and the HOME of the client that starts it."""
    own = {} if local else {"HOME": str(folder.home)}
    python = _python(app, configuration)
    env = _client(app) | own | _run(app, workspace, run) | variables | _alone(configuration)
    return {
        "command": [python, str(SCRIPT), str(folder.plan)],
        "cwd": None if local else str(folder.code),
        "env": env | _users(configuration, env["PYTHONPATH"]),
        "seconds": configuration.get("maxRunDurationSeconds"),
        # The SDK prefers a service principal to the run's own token.
        "unset": [f"{PRINCIPAL}{name}" for name in ("TENANT_ID", "ID", "PASSWORD")],
    }


def _client(app: App) -> dict[str, str]:
    client = client_environment(app.instance, app.identity, os.environ)
    return {
        name: value for name, value in client.items() if not name.startswith(PRINCIPAL) and name != "HOME"
    }


def _run(app: App, workspace: Workspace, run: Document) -> dict[str, str]:
    """The variables by which `Run.get_context()` finds its run."""
    return {
        "AZUREML_RUN_ID": run["runId"],
        "AZUREML_ROOT_RUN_ID": run["rootRunId"],
        "AZUREML_RUN_TOKEN": app.tokens.make("https://ml.azure.com", run_id=run["runId"]),
        "AZUREML_RUN_TOKEN_EXPIRY": str(int(time.time()) + LIFETIME_SECONDS),
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription,
        "AZUREML_ARM_RESOURCEGROUP": workspace.group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_ARM_PROJECT_NAME": run["_experiment"],
        "AZUREML_EXPERIMENT_ID": run["experimentId"],
        "AZUREML_WORKSPACE_ID": workspace.id,
        "AZUREML_SERVICE_ENDPOINT": workspace.api,
        "AZUREML_RUN_HISTORY_SERVICE_ENDPOINT": workspace.api,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{workspace.api}/discovery",
        "AZUREML_WORKSPACE_SCOPE": workspace.arm_path,
        "AZUREML_EXPERIMENT_SCOPE": f"{workspace.arm_path}/experiments/{run['_experiment']}",
        # The identity of the cluster, with which datastores are read that have no credentials.
        "DEFAULT_IDENTITY_CLIENT_ID": app.identity.client_id,
        "PYTHONUNBUFFERED": "1",
    }


def _alone(configuration: Document) -> dict[str, str]:
    """What a distributed script reads of its place among the others: it is the only one."""
    if (configuration.get("communicator") or "None") == "None":
        return {}
    names = ("RANK", "LOCAL_RANK", "NODE_RANK", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK")
    sizes = ("WORLD_SIZE", "LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "AZUREML_NODE_COUNT")
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "6105", "AZ_BATCH_MASTER_NODE": "127.0.0.1:6105"}
    return dict.fromkeys(names, "0") | dict.fromkeys(sizes, "1") | address


def _users(configuration: Document, modules: str) -> dict[str, str]:
    """The user's variables; a search path of theirs comes before that of the `modules` of every run."""
    environment = (configuration.get("environment") or {}).get("environmentVariables") or {}
    variables = {**environment, **(configuration.get("environmentVariables") or {})}
    texts = {name: str(value) for name, value in variables.items()}
    return texts | ({"PYTHONPATH": f"{texts['PYTHONPATH']}:{modules}"} if "PYTHONPATH" in texts else {})


def _python(app: App, configuration: Document) -> str:
    """The interpreter that the configuration names by its path, otherwise the instance's."""
    python = (configuration.get("environment") or {}).get("python") or {}
    wanted = python.get("interpreterPath") or ""
    return (
        wanted if wanted.startswith("/") and Path(wanted).exists() else app.identity.python or sys.executable
    )
