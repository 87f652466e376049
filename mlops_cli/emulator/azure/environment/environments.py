"""Environments: descriptions of Python surroundings. Nothing is built."""

from __future__ import annotations

import re

from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace

CURATED = re.compile(r"(AzureML|AutoML)-[\w.-]+")
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
LISTED = (
    "AzureML-Minimal",
    "AzureML-Tutorial",
    "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu",
    "AutoML-Non-Prod",
)


class Environments:
    """The environments of one workspace, and the curated ones, which every workspace has under any such name."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _versions(self) -> Collection:
        return self._workspace.collection("environments")

    def register(self, name: str, posted: Document, version: str | None = None) -> Document:
        """The new version; the newest one again where nothing has changed."""
        document = {_camel(key): value for key, value in posted.items()}
        with self._workspace.state.transaction():
            known = self._of(name)
            if version is None and known and _content(known[-1]) == _content(document):
                return known[-1]
            version = version or str(
                max((int(d["version"]) for d in known if d["version"].isdigit()), default=0) + 1
            )
            return self._versions.put(f"{name}\n{version}", {**document, "name": name, "version": version})

    def used(self, definition: Document) -> Document:
        """The environment of a run, kept where it was not registered before, as Azure does."""
        name, version = definition.get("name"), definition.get("version")
        if not name or (version and self.get(name, version)):
            return definition
        return self.register(name, definition, version)

    def get(self, name: str, version: str | None = None) -> Document | None:
        """The given version, or the newest; curated ones are made up as they are asked for."""
        if version and version.lower() != "latest":
            found = self._versions.get(f"{name}\n{version}")
        else:
            known = self._of(name)
            found = known[-1] if known else None
        return found or (_curated(name) if CURATED.fullmatch(name) else None)

    def label(self, name: str, version: str, labels: list[str]) -> None:
        """Let the labels stand for this version alone."""
        for label in labels:
            self._labels.put(f"{name}\n{label.lower()}", {"version": version})

    def labelled(self, name: str, label: str) -> Document | None:
        """The version with a label; `latest` is the newest."""
        kept = self._labels.get(f"{name}\n{label.lower()}") or {}
        return self.get(name, kept.get("version")) if kept or label.lower() == "latest" else None

    @property
    def _labels(self) -> Collection:
        return self._workspace.collection("environment-labels")

    def all(self) -> list[Document]:
        """The newest version of each."""
        newest = {document["name"]: document for document in self._versions.all()}
        return [*newest.values(), *(_curated(name) for name in LISTED if name not in newest)]

    def _of(self, name: str) -> list[Document]:
        """All versions, oldest first."""
        return [document for document in self._versions.all() if document["name"] == name]


def _camel(key: str) -> str:
    return key[:1].lower() + key[1:]


def _content(document: Document) -> Document:
    return {key: value for key, value in document.items() if key not in ("name", "version")}


def _curated(name: str) -> Document:
    dependencies = {"name": "project_environment", "channels": ["conda-forge"],
                    "dependencies": ["python=3.11", {"pip": ["azureml-defaults"]}]}  # fmt: skip
    return {
        "name": name,
        "version": "1",
        "environmentVariables": {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"},
        "python": {
            "userManagedDependencies": False, "interpreterPath": "python", "condaDependenciesFile": None,
            "baseCondaEnvironment": None, "condaDependencies": dependencies,
        },
        "docker": {
            "enabled": False, "baseImage": IMAGE, "baseDockerfile": None,
            "sharedVolumes": True, "shmSize": "2g", "arguments": [], "baseImageRegistry": {"address": None},
            "platform": {"os": "Linux", "architecture": "amd64"},
        },
        "spark": {"repositories": [], "packages": [], "precachePackages": False},
        "inferencingStackVersion": None,
    }  # fmt: skip
