"""Packages: what `docker build` needs to make an image of a model and its script. Nothing is built here."""

from __future__ import annotations

import base64
import datetime
import io

import msgspec
import yaml

from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.model.models import Assets, Models
from mlops_cli.emulator.azure.service.operations import ServiceOperations
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.instance import Identity
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

APP, PORT = "azureml-app", 5001
DOCKERFILE = """FROM {image}
COPY {app}/ /var/{app}/
COPY environment.yml /tmp/environment.yml
RUN python -m pip install azureml-inference-server-http && \\
    python -m pip install {packages}
ENV AML_APP_ROOT=/var/{app} AZUREML_MODEL_DIR=/var/{app}/{models} AZUREML_ENTRY_SCRIPT={script}
WORKDIR /var/{app}
EXPOSE {port}
CMD ["azmlinfsrv", "--entry_script", "{script}"]
"""


def create(workspace: Workspace, identity: Identity, posted: Document) -> str:
    """Make the package; the operation, which is over. Raises ApiError 400 for a model that does not exist."""
    request, artifacts = posted["imageRequest"], Artifacts(workspace, identity)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d%H%M%S")
    as_files = posted.get("packageType") == "DockerBuildContext"
    context = [*_models(workspace, request), *_assets(request), *_inline(request)]
    environment = request.get("environment") or {}
    manifest: Document = {"context": context}
    if environment.get("name") and environment.get("version"):
        manifest["environment"] = {name: environment[name] for name in ("name", "version")}
    place = ("Packages", stamp)
    artifacts.write(*place, "manifest.json", io.BytesIO(msgspec.json.encode(manifest)))
    text = f"{len(context)} entries of a build context were kept; the emulator builds no image of them.\n"
    artifacts.write(*place, "build.log", io.BytesIO(text.encode()))
    image = f"{posted.get('imageName') or 'package'}:{posted.get('imageLabel') or stamp}"
    where = artifacts.location(*place, "manifest.json")["contentUri"]
    return ServiceOperations(workspace).over(
        operationType="PackageDockerBuildContext" if as_files else "PackageDockerImage",
        resourceLocation=where if as_files else f"{workspace.storage}.azurecr.io/{image}",
        operationLog=artifacts.location(*place, "build.log")["contentUri"],
    )


def _model_ids(request: Document) -> list[str]:
    return request.get("modelIds") or [model["id"] for model in request.get("models") or []]


def _models(workspace: Workspace, request: Document) -> list[Document]:
    found = []
    for model_id in _model_ids(request):
        model = Models(workspace).get(model_id)
        asset = Assets(workspace).get(model["url"].rpartition("/")[2]) if model else None
        if model is None or asset is None:
            raise bad_request(f"Model {model_id} was not found.", "BadRequest")
        folder = f"{APP}/azureml-models/{model['name']}/{model['version']}"
        places = [artifact.get("prefix") or artifact["id"] for artifact in asset["artifacts"]]
        found += [_remote(f"aml://artifact/{place}", folder, unpack=False) for place in places]
    return found


def _assets(request: Document) -> list[Document]:
    kept = [asset for asset in request.get("assets") or [] if asset["id"] != request.get("driverProgram")]
    return [_remote(asset["url"], APP, unpack=bool(asset.get("unpack"))) for asset in kept]


def _remote(uri: str, path: str, *, unpack: bool) -> Document:
    return {"entryType": "remote", "uri": uri, "path": path, "unpack": unpack}


def _inline(request: Document) -> list[Document]:
    environment = request.get("environment") or {}
    conda = (environment.get("python") or {}).get("condaDependencies") or {}
    packages = [p for part in conda.get("dependencies") or [] if isinstance(part, dict) for p in part["pip"]]
    ids = _model_ids(request)
    models = f"azureml-models/{ids[0].replace(':', '/')}" if len(ids) == 1 else "azureml-models"
    dockerfile = DOCKERFILE.format(
        image=(environment.get("docker") or {}).get("baseImage") or "python:3.11-slim", app=APP, models=models,
        script=(environment.get("environmentVariables") or {}).get("AZUREML_ENTRY_SCRIPT", "score.py"),
        packages=" ".join(f"'{package}'" for package in packages or ["azureml-defaults"]), port=PORT,
    )  # fmt: skip
    files = {"Dockerfile": dockerfile, "environment.yml": yaml.safe_dump(conda)}
    return [
        {"entryType": "inline", "path": path, "encoding": "base64",
         "content": base64.b64encode(text.encode()).decode()}
        for path, text in files.items()
    ]  # fmt: skip
