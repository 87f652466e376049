"""Web services: what is asked for, what runs, and the work that brings the second to the first.

A document is what clients see; its `_units` say what runs: {unit: {port, revision, fingerprint}}. Whatever
differs is work, done in a thread; `_operation` names the operation that the work is for. After a kill the work
is begun again by whoever asks for the service.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.model.models import Models
from mlops_cli.emulator.azure.service import documents
from mlops_cli.emulator.azure.service.operations import ServiceOperations
from mlops_cli.emulator.azure.service.places import Places
from mlops_cli.emulator.azure.service.processes import Unit, new_secrets
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.engine.serving.spec import Secrets
from mlops_cli.errors import MlopsError, NotFoundError

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

_working: dict[Path, threading.Thread] = {}
_guard = threading.Lock()
LONGEST_WORK_SECONDS = 150.0


class Services:
    """The web services of one workspace."""

    def __init__(self, app: App, workspace: Workspace) -> None:
        self._app = app
        self._workspace = workspace
        self.operations = ServiceOperations(workspace)

    @property
    def _documents(self) -> Collection:
        return self._workspace.collection("services")

    @property
    def _secrets(self) -> Collection:
        return self._workspace.collection("service-secrets")

    def get(self, name: str) -> Document | None:
        """The service as it is by now."""
        document = self._documents.get(name.lower())
        if document and document["_operation"]:
            self._work(document["name"])
        return document

    def all(self) -> list[Document]:
        return self._documents.all()

    def put(self, posted: Document, user: Document) -> str:
        """Create or replace a service; the operation."""
        name = posted["name"]
        old = self._documents.get(name.lower())
        given = posted.get("keys") or {}
        if old is None or given.get("primaryKey"):
            self.keep(name, new_secrets(given.get("primaryKey"), given.get("secondaryKey")))
        return self._begin(documents.new(self._workspace, posted, user, old), "Create")

    def change(self, wanted: Document) -> str:
        """Let an existing service become `wanted`; the operation."""
        document = documents.filled(wanted, wanted["computeType"]) | {"updatedTime": now()}
        return self._begin(document, "Update")

    def delete(self, name: str) -> str:
        """End the processes of a service and forget it; the operation."""
        self.wait(name, 30)
        document = self._documents.get(name.lower()) or {"_units": {}}
        for unit in self._known_units(document):
            self.unit(name, unit).delete()
        Places(self._app).forget(document)
        self._documents.delete(name.lower())
        self._secrets.delete(name.lower())
        operation = self.operations.begin("Delete", name)
        self.operations.end(operation, None)
        return operation

    def wait(self, name: str, seconds: float) -> None:
        """Wait for work on the service to end."""
        worker = _working.get(self._folder(name))
        if worker and worker.is_alive():
            worker.join(seconds)

    def resume(self, operation: Document) -> None:
        """Go on with the work of an operation that is not over."""
        document = self._documents.get(operation["_service"].lower())
        if document and document["_operation"] == operation["id"]:
            self._work(document["name"])

    def unit(self, name: str, unit: str) -> Unit:
        folder = self._folder(name)
        return Unit(self._workspace, folder / "versions" / unit if unit else folder / "service", name)

    def secrets(self, name: str) -> Secrets:
        found = self._secrets.get(name.lower())
        assert found is not None, "every service has secrets"
        return msgspec.convert(found, Secrets)

    def keep(self, name: str, secrets: Secrets) -> None:
        """Replace the keys of a service; running processes take them up."""
        self._secrets.put(name.lower(), msgspec.to_builtins(secrets))
        document = self._documents.get(name.lower())
        for unit in document["_units"] if document else ():
            self.unit(name, unit).keep(secrets)

    def stop(self) -> None:
        """End all processes; `ensure` starts them again."""
        units = [self.unit(document["name"], unit) for document in self.all() for unit in document["_units"]]
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(Unit.stop, units))

    def ensure(self, name: str, unit: str) -> int:
        """The port of a unit that runs. Raises NotFoundError or MlopsError."""
        document = self._documents.get(name.lower())
        running = document["_units"].get(unit) if document else None
        if document is None or running is None:
            raise NotFoundError(f"service {name} does not run")
        wanted = documents.units(document).get(unit)
        if wanted and not document["_operation"]:
            self.unit(name, unit).ensure(wanted, running["port"], running["revision"])
        return int(running["port"])

    def _known_units(self, document: Document) -> list[str]:
        wanted = documents.units(document) if "computeType" in document else {}
        return list(dict.fromkeys([*document["_units"], *wanted]))

    def _folder(self, name: str) -> Path:
        return self._app.instance.state / "services" / self._workspace.id / name.lower()

    def _begin(self, document: Document, kind: str) -> str:
        name = document["name"]
        self.wait(name, LONGEST_WORK_SECONDS)
        with self._app.state.transaction():
            old = self._documents.get(name.lower())
            operation = self.operations.begin(kind, name)
            document |= {"state": "Transitioning", "error": None, "_operation": operation}
            document |= {"models": self._models(document), "_units": old["_units"] if old else {}}
            self._documents.put(name.lower(), document)
        self._work(name)
        return operation

    def _models(self, document: Document) -> list[Document]:
        requests = [unit.get("environmentImageRequest") or {} for unit in documents.units(document).values()]
        ids = dict.fromkeys(id_ for request in requests for id_ in request.get("modelIds") or [])
        models = Models(self._workspace)
        return [model for id_ in ids if (model := models.get(id_))]

    def _work(self, name: str) -> None:
        """Let a thread do what is to be done, unless one does already."""
        folder = self._folder(name)
        with _guard:
            if (thread := _working.get(folder)) and thread.is_alive():
                return
            _working[folder] = threading.Thread(target=self._reconcile, args=(name,), daemon=True)
            _working[folder].start()

    def _reconcile(self, name: str) -> None:
        """Work until nothing is asked for any more: a service may be changed while it is worked on."""
        while (document := self._documents.get(name.lower())) and (operation := document["_operation"]):
            fault = self._app.faults.on_operation(f"service.{name}")
            try:
                if fault:
                    raise MlopsError(fault)
                self._bring_about(document)
                error = None
            except Exception as failure:  # noqa: BLE001 - whatever it is, the operation has to end
                message = failure.message if isinstance(failure, MlopsError) else f"{failure!r}"
                error = documents.failure(document["computeType"], message)
            self._end(name, operation, error)

    def _bring_about(self, document: Document) -> None:
        name, wanted = document["name"], documents.units(document)
        secrets = self.secrets(name)
        for unit in set(document["_units"]) - set(wanted):
            self.unit(name, unit).delete()
            self._note(name, unit, None)
        for unit, version in wanted.items():
            running = document["_units"].get(unit) or {"port": None, "revision": 0, "fingerprint": None}
            if running["fingerprint"] == documents.fingerprint(version):
                self.unit(name, unit).configure(version)
                continue
            place = self.unit(name, unit)
            port, revision = place.roll_out(version, secrets, running["port"], running["revision"])
            self._note(
                name,
                unit,
                {"port": port, "revision": revision, "fingerprint": documents.fingerprint(version)},
            )

    def _note(self, name: str, unit: str, running: Document | None) -> None:
        def apply(document: Document) -> None:
            document["_units"].pop(unit, None)
            if running:
                document["_units"][unit] = running

        self._documents.change(name.lower(), apply)

    def _end(self, name: str, operation: str, error: Document | None) -> None:
        """Note the end of an operation, unless another one has begun meanwhile."""

        def apply(document: Document) -> None:
            if document["_operation"] != operation:
                return
            serves = bool(document["_units"])
            document |= {
                "_operation": None,
                "state": "Healthy" if serves else "Failed",
                "error": error,
                "updatedTime": now(),
                **(documents.addresses(self._workspace, document) if serves else {}),
            }
            for unit, version in document.get("versions", {}).items():
                version["state"] = "Healthy" if unit in document["_units"] else "Failed"

        with self._app.state.transaction():
            document = self._documents.change(name.lower(), apply)
            if document and document["scoringUri"]:
                Places(self._app).keep(self._workspace, document)
            self.operations.end(operation, error)


def stop_all(app: App) -> None:
    """End the processes of all services; the next request to one starts it again."""
    for subscription in app.workspaces.subscriptions():
        for workspace in app.workspaces.all(subscription):
            Services(app, workspace).stop()


def shown(document: Document) -> Document:
    """What clients see of a service."""
    hidden = ("environmentImageRequest",) if document.get("imageId") else ()
    visible = {key: value for key, value in document.items() if key[0] != "_" and key not in hidden}
    if "versions" in visible:
        common = ("createdTime", "updatedTime", "scoringUri", "computeName", "state")
        shared = {key: document[key] for key in common}
        visible["versions"] = {
            name: version | shared | {"name": name, "state": version.get("state", document["state"])}
            for name, version in document["versions"].items()
        }
    return visible
