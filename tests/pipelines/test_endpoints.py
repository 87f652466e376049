"""The REST endpoints: what `pipeline trigger` and any other client meet."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from mlops_cli.engine.pipelines import layout, tokens
from mlops_cli.engine.pipelines.server import read_address, read_supervisor
from tests.pipelines.world import PIPELINE, Project, until


def version(project: Project) -> Any:
    return project.mlops("pipeline", "list", "-o", "json").json()[0]


def headers(project: Project) -> dict[str, str]:
    return {"Authorization": f"Bearer {project.mlops('pipeline', 'token').stdout.strip()}"}


def test_trigger_runs_with_parameters(published: Project) -> None:
    options = ("--param", "number=7", "--experiment", "nightly", "--wait", "-o", "json")
    run = published.mlops("pipeline", "trigger", "Bank Retrain", *options).json()
    assert (run["status"], run["source"], run["version"], run["experiment"]) == (
        "Completed", "trigger", 1, "nightly",
    )  # fmt: skip
    assert published.mlops("pipeline", "logs", run["run_id"], "say").stdout == "hi 7\n"
    unknown = published.mlops("pipeline", "trigger", "Bank Retrain", "--param", "wrd=7", code=2)
    assert "the pipeline has no parameter 'wrd'; there is: word, number" in unknown.stderr


def test_what_a_client_meets(published: Project) -> None:
    known, good = version(published), headers(published)
    url = known["endpoint"]
    body = {"ExperimentName": "x", "ParameterAssignments": {"word": "you"}, "RunSource": "SDK"}
    answer = requests.post(url, json=body, headers=good, timeout=30)
    assert answer.status_code == 200
    run_id = answer.json()["Id"]
    published.wait(run_id, "Completed")
    asked = requests.get(url.split("/PipelineEndpointSubmit")[0] + f"/{run_id}", headers=good, timeout=30)
    assert asked.json()["Status"] == {"StatusCode": "Completed"}

    def post(address: str, **options: Any) -> tuple[int, str]:
        found = requests.post(address, timeout=30, **({"headers": good, "json": {}} | options))
        return found.status_code, found.json()["error"]["message"]

    assert post(url, headers={})[0] == 401
    assert post(url, headers={"Authorization": "Bearer nonsense"})[0] == 401
    assert post(url + "0")[0] == 404
    assert post(url + "?pipelineVersion=9")[0] == 404
    assert post(known["version_endpoint"].replace(known["id"], "f" * 32))[0] == 404
    status, message = post(url, json={"ParameterAssignments": {"number": "many"}})
    assert (status, message) == (400, "parameter 'number' expects a whole number, got 'many'")
    status, message = post(url, json={"ParameterAssignments": [1]})
    assert (status, "ParameterAssignments" in message) == (400, True)
    assert post(url, json=None, data=b"{not json")[0] == 400
    assert post(url, json={"DataPathAssignments": {"raw": "x"}})[0] == 400

    published.mlops("pipeline", "disable", "Bank Retrain:1")
    assert post(url) == (409, "v1 of 'Bank Retrain' is disabled")
    refused = published.mlops("pipeline", "trigger", "Bank Retrain", code=2).stderr
    assert "mlops pipeline enable 'Bank Retrain:1'" in refused
    assert "default, disabled" in published.mlops("pipeline", "list").stdout
    published.mlops("pipeline", "enable", "Bank Retrain:1")
    published.mlops("pipeline", "disable", "Bank Retrain")
    assert post(url) == (409, "pipeline 'Bank Retrain' is disabled")
    assert "default, disabled" in published.mlops("pipeline", "list").stdout
    published.mlops("pipeline", "enable", "Bank Retrain")
    assert requests.post(url, json={}, headers=good, timeout=30).status_code == 200


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("parameters", ["word: hi", 'word: "it\'s\\n`$HOME`", new: x'])
def test_the_printed_curl_works_as_it_is_pasted(published: Project, parameters: str) -> None:
    """That of a version that is not the default, too, whose parameters are its own."""
    published.pipeline(PIPELINE.replace("word: hi", parameters))
    shown = published.mlops("pipeline", "publish", "p.yaml").stdout
    command = shown[shown.index("curl") :].replace("mlops ", f"'{sys.executable}' -m mlops_cli ")
    environ = os.environ | {"MLOPS_HOME": str(published.home)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=published.folder, env=environ, capture_output=True, text=True, check=True
    )
    assert '"Id": "Pipeline_' in done.stdout


def test_tokens_expire_and_are_kept_from_others(published: Project) -> None:
    published.mlops("pipeline", "token")
    folder = layout.server_dir(published.home)
    assert stat.S_IMODE((folder / tokens.FILE).stat().st_mode) == 0o600
    now = 1_900_000_000.0
    token = tokens.issue(folder, now)
    assert tokens.issue(folder, now + 60) == token
    assert tokens.is_valid(folder, token.value, now + tokens.TOKEN_SECONDS - 1)
    assert not tokens.is_valid(folder, token.value, now + tokens.TOKEN_SECONDS)
    assert tokens.issue(folder, now + tokens.TOKEN_SECONDS - 300) != token


def test_the_server_comes_back_at_its_address(published: Project) -> None:
    folder = layout.server_dir(published.home)
    first = read_address(folder)
    assert first is not None
    os.kill(first.server.pid, signal.SIGKILL)

    def another() -> bool:
        now = read_address(folder)
        return now is not None and now.server.pid != first.server.pid and now.server.is_alive()

    until(another)
    published.mlops("pipeline", "trigger", "Bank Retrain")
    supervisor = read_supervisor(folder)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: not supervisor.is_alive())
    published.mlops("pipeline", "token")
    until(lambda: (new := read_supervisor(folder)) and new.pid != supervisor.pid and new.is_alive())
    published.mlops("pipeline", "server", "stop")
    assert published.mlops("pipeline", "server", "status").stdout == "not running\n"
    until(
        lambda: not [p for p in published.processes() if "mlops_cli.engine.pipelines.server" in p.cmdline()]
    )
    published.mlops("pipeline", "trigger", "Bank Retrain")
    address = read_address(folder)
    assert address is not None
    assert address.port == first.port


def test_a_server_that_waited_behind_another_is_stopped_too(published: Project) -> None:
    folder = layout.server_dir(published.home)

    def servers() -> int:
        return len([p for p in published.processes() if "mlops_cli.engine.pipelines.server" in p.cmdline()])

    def kill_supervisor() -> None:
        supervisor = until(lambda: (found := read_supervisor(folder)) and found.is_alive() and found)
        os.kill(supervisor.pid, signal.SIGKILL)
        until(lambda: not supervisor.is_alive())

    kill_supervisor()
    published.mlops("pipeline", "token")
    until(lambda: servers() == 3)
    kill_supervisor()
    published.mlops("pipeline", "server", "stop")
    until(lambda: servers() == 0)
    assert published.mlops("pipeline", "server", "status").stdout == "not running\n"


def test_a_server_whose_port_another_program_took_is_triggered_at_its_new_one(published: Project) -> None:
    address = read_address(layout.server_dir(published.home))
    assert address is not None
    published.crash()
    with socket.create_server(("127.0.0.1", address.port)):
        published.mlops("pipeline", "trigger", "Bank Retrain", "--wait")
    assert f":{address.port}/" not in version(published)["endpoint"]


def test_a_triggered_run_that_loses_its_process_goes_on_by_itself(published: Project) -> None:
    published.pipeline(
        "name: slow\nsteps:\n" + published.counting("a", 1) + published.counting("b", after="[a]"), "s.yaml"
    )
    published.mlops("pipeline", "publish", "s.yaml")
    run_id = published.mlops("pipeline", "trigger", "slow", "-o", "json").json()["run_id"]
    until(lambda: published.times("a") == 1)
    published.kill(published.runner(run_id))
    published.wait(run_id, "Completed")
    assert (published.times("a"), published.times("b")) == (1, 1)


def test_secrets_are_nowhere_in_logs(published: Project, tmp_path: Path) -> None:
    token = published.mlops("pipeline", "token").stdout.strip()
    published.mlops("pipeline", "trigger", "Bank Retrain", "--wait")
    texts = [path for path in published.home.rglob("*") if path.is_file() and path.name != tokens.FILE]
    assert texts
    assert not [path for path in texts if token.encode() in path.read_bytes()]
