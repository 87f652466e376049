"""The processes of a service: one supervised group for each of its units."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.emulator.azure.service import documents, files
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.engine.endpoints import control, journal, keys, layout, packaging, sockets
from mlops_cli.engine.files import write_atomic
from mlops_cli.engine.serving.auth import TOKEN_SECONDS, issue_token
from mlops_cli.engine.serving.spec import SECRETS_FILE, Secrets, read_secrets, read_spec
from mlops_cli.status import EndpointState

if TYPE_CHECKING:
    from mlops_cli.domain.endpoints import Auth, LogLine

MOST_WORKERS = 4
START_SECONDS = 120.0


class Unit:
    """One unit: `folder` is a directory of the engine's endpoints, `service` the name that clients know."""

    def __init__(self, workspace: Workspace, folder: Path, service: str) -> None:
        self._workspace = workspace
        self.folder = folder
        self._service = service

    def roll_out(self, unit: Document, secrets: Secrets, port: int | None, revision: int) -> tuple[int, int]:
        """Bring up processes for the unit as it is now asked for; their port and revision.

        Running ones are replaced without a lost request; where the new ones do not start, the old ones of
        `revision` (0: none) go on. Raises MlopsError.
        """
        auth: Auth = documents.auth_of(unit)  # type: ignore[assignment]
        self.keep(secrets)
        made = files.build(self._workspace, self.folder, self._service, unit, auth)
        endpoint = self._endpoint(unit, port or self._port_held() or sockets.free_port(), made)
        try:
            control.install(self.folder, endpoint, made)
            control.ensure_supervisor(self.folder, endpoint)
            control.wait_until_serving(self.folder, made, seconds=START_SECONDS)
        except BaseException:
            self._return_to(endpoint, revision)
            raise
        self._remove_revisions(made)
        return endpoint.port, made

    def configure(self, unit: Document) -> None:
        """What running processes take up by themselves."""
        spec = read_spec(self.folder)
        wanted = bool(unit["appInsightsEnabled"])
        if spec.app_insights != wanted:
            packaging.write_spec(self.folder, msgspec.structs.replace(spec, app_insights=wanted))

    def ensure(self, unit: Document, port: int, revision: int) -> None:
        """Start what ran before a stop of the emulator or of the machine. Raises MlopsError."""
        if (status := layout.read_status(self.folder)) and control.processes(status):
            return
        endpoint = self._endpoint(unit, port, revision)
        control.install(self.folder, endpoint, revision)
        control.ensure_supervisor(self.folder, endpoint)
        control.wait_until_serving(self.folder, revision, seconds=START_SECONDS)

    def stop(self) -> None:
        if self.folder.exists():
            control.stop(self.folder)

    def delete(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        layout.deploy_lock(self.folder).unlink(missing_ok=True)

    def keep(self, secrets: Secrets) -> None:
        write_atomic(self.folder / SECRETS_FILE, msgspec.json.encode(secrets), mode=0o600)

    def secrets(self) -> Secrets:
        """Raises StateError."""
        return read_secrets(self.folder)

    def log(self, tail: int) -> list[LogLine]:
        return journal.read(self.folder, tail=tail)

    def _port_held(self) -> int | None:
        """The port of a deployment that the end of the server has cut short: its supervisor may go on."""
        desired = layout.read_desired(self.folder)
        return desired.port if desired else None

    def _endpoint(self, unit: Document, port: int, revision: int) -> Endpoint:
        scaler = unit.get("autoScaler") or {}
        replicas = scaler.get("minReplicas") if scaler.get("autoscaleEnabled") else unit.get("numReplicas")
        return Endpoint(
            self._service, EndpointState.TRANSITIONING, "", "", documents.auth_of(unit),  # type: ignore[arg-type]
            bool(unit["appInsightsEnabled"]), "aci", max(1, min(replicas or 1, MOST_WORKERS)), "", now(), now(),
            port=port, revision=revision,
        )  # fmt: skip

    def _return_to(self, endpoint: Endpoint, revision: int) -> None:
        if revision == 0:
            control.stop(self.folder)
            return
        control.install(self.folder, endpoint, revision)
        control.ensure_supervisor(self.folder, endpoint)

    def _remove_revisions(self, current: int) -> None:
        for folder in (self.folder / "revisions").iterdir():
            if folder.name.startswith(".") or int(folder.name) < current - 1:
                shutil.rmtree(folder, ignore_errors=True)


def new_secrets(primary: str | None = None, secondary: str | None = None) -> Secrets:
    return Secrets(primary or keys.new_key(), secondary or keys.new_key(), keys.new_key())


def token(secrets: Secrets, service: str) -> Document:
    """A token as model management answers it; times in seconds since 1970."""
    issued = time.time()
    return {
        "accessToken": issue_token(secrets.token_secret, service, now=issued),
        "tokenType": "Bearer",
        "refreshAfter": int(issued) + TOKEN_SECONDS * 2 // 3,
        "expiryOn": int(issued) + TOKEN_SECONDS,
    }
