"""The files of a service, laid out as in Azure's container: models, source and a driver before the entry script.

revisions/N/SCRIPT              the driver, under the entry script's name
revisions/N/driver.json         {script, environment}
revisions/N/app/azureml-models/NAME/VERSION/...
revisions/N/app/...             the source directory or the entry script; the working directory
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import uuid
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.artifact.artifacts import CONTAINER
from mlops_cli.emulator.azure.jasmine.scoring_file import schema_of
from mlops_cli.emulator.azure.model.models import Assets, Models
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.engine.endpoints import packaging
from mlops_cli.engine.serving.spec import ServiceSpec
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from mlops_cli.domain.endpoints import Auth

MODELS = "azureml-models"
DRIVER = Path(__file__).parent / "driver.py"
NO_CODE = Path(__file__).parent / "no_code.py"


def build(workspace: Workspace, service: Path, name: str, unit: Document, auth: Auth) -> int:
    """Make the next revision below `service`; its number. Raises NotFoundError or UsageError."""
    draft = service / "revisions" / f".draft-{uuid.uuid4().hex}"
    app = draft / "app"
    app.mkdir(parents=True)
    request = unit["environmentImageRequest"]
    ids = request.get("modelIds") or [model["id"] for model in request.get("models") or []]
    for model_id in ids:
        _put_model(workspace, model_id, app)
    for asset in request.get("assets") or []:
        _put_asset(workspace, asset, app, request.get("driverProgram"))
    variables = (request.get("environment") or {}).get("environmentVariables") or {}
    script = _entry_script(app, variables.get("AZUREML_ENTRY_SCRIPT"))
    spec = _spec(name, unit, auth, draft, script, _model_dir(ids))
    settings = {"script": str(script.relative_to(app)), "environment": variables}
    (draft / "driver.json").write_bytes(msgspec.json.encode(settings))
    shutil.copyfile(DRIVER, draft / script.name)
    packaging.write_spec(draft, spec)
    return packaging.number(service, draft)


def _spec(name: str, unit: Document, auth: Auth, draft: Path, script: Path, models: str) -> ServiceSpec:
    schema = schema_of(script)
    if schema:
        (draft / "schema.json").write_bytes(msgspec.json.encode(schema))
    return ServiceSpec(
        name=name,
        entry_script=script.name,
        model_dir=models,
        description=unit.get("description"),
        schema_file="schema.json" if schema else None,
        payload="rows" if schema else "raw",
        auth=auth,
        app_insights=bool(unit["appInsightsEnabled"]),
        scoring_timeout_ms=unit.get("scoringTimeoutMs") or 60_000,
        threads=max(1, int(unit["containerResourceRequirements"]["cpu"] or 1)),
    )


def _model_dir(ids: list[str]) -> str:
    """AZUREML_MODEL_DIR: the folder of the only model, or that of all."""
    return f"app/{MODELS}/{ids[0].replace(':', '/')}" if len(ids) == 1 else f"app/{MODELS}"


def _put_model(workspace: Workspace, model_id: str, app: Path) -> None:
    model = Models(workspace).get(model_id)
    asset = Assets(workspace).get(model["url"].rpartition("/")[2]) if model else None
    if model is None or asset is None:
        raise NotFoundError(f"model {model_id} was not found")
    target = app / MODELS / model["name"] / str(model["version"])
    target.mkdir(parents=True, exist_ok=True)
    for artifact in asset["artifacts"]:
        place = (artifact.get("prefix") or artifact["id"]).rstrip("/")
        above = str(PurePosixPath(place).parent)
        for blob in _at_or_below(workspace, place):
            _put(blob, target / PurePosixPath(blob.name).relative_to(above))


def _at_or_below(workspace: Workspace, place: str) -> list[Blob]:
    found = workspace.state.blobs.under(workspace.storage, CONTAINER, place)
    return [blob for blob in found if blob.name == place or blob.name.startswith(f"{place}/")]


def _put_asset(workspace: Workspace, asset: Document, app: Path, driver: str | None) -> None:
    """A file beside the entry script, or an archive of the source directory. The client's driver is not needed."""
    if asset["id"] == driver:
        return
    name = re.sub(r"^aml://artifact/", "", asset["url"])
    blob = workspace.state.blobs.get(workspace.storage, CONTAINER, name)
    if blob is None:
        raise NotFoundError(f"the file {name} was not uploaded")
    if not asset.get("unpack"):
        _put(blob, app / Path(asset["id"]).name)
        return
    try:
        with tarfile.open(blob.path) as archive:
            archive.extractall(app, filter="data")
    except tarfile.TarError as error:
        raise UsageError(f"the archive of the source directory cannot be read: {error}") from error


def _put(blob: Blob, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(blob.path, target)
    except OSError:
        shutil.copyfile(blob.path, target)


def _entry_script(app: Path, name: str | None) -> Path:
    if name is None:
        shutil.copyfile(NO_CODE, app / "no_code_score.py")
        return app / "no_code_score.py"
    script = (app / name).resolve()
    if not script.exists() and (found := next(app.rglob(f"*/{name}"), None)):
        # Archives of images hold files under the whole paths that they have on the client.
        shutil.copytree(found.parents[name.count("/")], app, dirs_exist_ok=True)
    if not script.is_relative_to(app.resolve()) or not script.is_file():
        raise NotFoundError(f"the entry script {name} is not among the files of the service")
    return app / name
