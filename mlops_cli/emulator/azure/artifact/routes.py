"""The artifact service: names files and hands out addresses; the bytes go to and from blob storage."""

from __future__ import annotations

import posixpath

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.paging import paged
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document

service = Service("artifact", "Artifacts of runs and models", hosts.AML, errors.aml)
BASE = "/artifact/v2.0{W}/artifacts"


def _artifacts(call: Call) -> Artifacts:
    return Artifacts(call.workspace, call.app.identity)


def _owner(call: Call) -> tuple[str, str]:
    return call["origin"], call["container"]


@service.route("POST", BASE + "/batch/metadata/{origin}/{container}", "Run.upload_file(s), Model.register")
def announce(call: Call) -> Document:
    artifacts, owner = _artifacts(call), _owner(call)
    names = [entry["path"] for entry in call.document.get("paths") or []]
    # Clients name `./folder/file` too, and leave the dot out of the address that they upload to.
    paths = {name: posixpath.normpath(name) for name in names}
    taken = [name for name, path in paths.items() if artifacts.blob(*owner, path)]
    new = {name: path for name, path in paths.items() if name not in taken}
    return {
        "artifacts": {name: artifacts.document(*owner, path) for name, path in new.items()},
        "artifactContentInformation": {name: artifacts.location(*owner, path) for name, path in new.items()},
        "errors": {path: _conflict("/".join((*owner, path))) for path in taken},
    }


def _conflict(artifact_id: str) -> Document:
    return {
        "error": {
            "code": "UserError",
            "message": f"Resource Conflict: ArtifactId {artifact_id} already exists.",
        }
    }


@service.route(
    "GET", BASE + "/prefix/contentinfo/{origin}/{container}/{path*}", "Run.download_files, Model.download"
)
def locations(call: Call) -> Document:
    artifacts, owner, prefix = _artifacts(call), _owner(call), call["path"].strip("/")
    below = [
        path for path in artifacts.paths(*owner) if f"{path}/".startswith(f"{prefix}/" if prefix else "")
    ]
    found = [artifacts.location(*owner, path) for path in below]
    return paged(found, call.query.get("continuationtoken"), None)


@service.route("GET", BASE + "/contentinfo/{origin}/{container}/{path*}", "Run.download_file")
def location(call: Call) -> Document:
    artifacts, owner = _artifacts(call), _owner(call)
    if artifacts.blob(*owner, call["path"]) is None:
        raise errors.not_found(f"Artifact {'/'.join(owner)}/{call['path']} was not found.")
    return artifacts.location(*owner, call["path"])


@service.route("GET", BASE + "/{origin}/{container}", "Run.get_file_names")
def list_artifacts(call: Call) -> Document:
    artifacts, owner = _artifacts(call), _owner(call)
    found = [artifacts.document(*owner, path) for path in artifacts.paths(*owner)]
    return paged(found, call.query.get("continuationtoken"), None)
