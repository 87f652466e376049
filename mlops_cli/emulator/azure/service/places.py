"""Which service is meant by the host and the path that a client scores at."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App


class Places:
    """Host, or host and service name on a cluster, to workspace and service; over all workspaces."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._places = app.state.collection("scoring-places")

    def keep(self, workspace: Workspace, document: Document) -> None:
        place = {
            "workspace": [workspace.subscription, workspace.group, workspace.name],
            "service": document["name"],
        }
        self._places.put(_key(document["scoringUri"]), place)

    def forget(self, document: Document) -> None:
        if uri := document.get("scoringUri"):
            self._places.delete(_key(uri))

    def find(self, host: str, path: str) -> tuple[Workspace, str] | None:
        """The workspace and the name of the service at `path` of `host`."""
        place = self._places.get(_key(f"http://{host}{path}"))
        workspace = self._app.workspaces.get(*place["workspace"]) if place else None
        return (workspace, place["service"]) if place and workspace else None


def _key(uri: str) -> str:
    """The host, and what on a cluster comes between it and the last segment of the path."""
    parts = urlsplit(uri)
    host, path = parts.hostname or "", parts.path.rpartition("/")[0]
    return f"{host}{path}".lower() if path.startswith("/api/") else host.lower()
