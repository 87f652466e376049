"""A workspace as the services see it: names, ids and its own documents."""

from __future__ import annotations

from dataclasses import dataclass

from mlops_cli.emulator.state import Collection, Document, State


@dataclass(frozen=True)
class Workspace:
    """`document` is the ARM resource. Documents of a workspace are kept under its id."""

    state: State
    subscription: str
    group: str
    name: str
    id: str
    location: str
    storage: str
    document: Document

    def collection(self, kind: str) -> Collection:
        """The workspace's documents of one kind, such as `models`."""
        return self.state.collection(f"{self.id}/{kind}")

    @property
    def arm_path(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )

    @property
    def container(self) -> str:
        """The container of the default datastore; run artifacts and snapshots have their own."""
        return f"azureml-blobstore-{self.id}"

    @property
    def api(self) -> str:
        """The base address of the data plane."""
        return f"https://{self.location}.api.azureml.ms"
