"""The catalogue of modules: names with versions, each of which is a module that steps are made of."""

from __future__ import annotations

import uuid

from mlops_cli.emulator.azure.pipeline.modules import Modules, info
from mlops_cli.emulator.azure.pipeline.published import STATUS
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import conflict, not_found
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace


class Catalogue:
    """The named modules of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._state = workspace.state
        self._modules = Modules(workspace)
        self._documents = workspace.collection("pipeline-module-catalogue")

    def create(self, posted: Document) -> Document:
        """Raises ApiError 409 for a name that is taken."""
        with self._state.transaction():
            if self._named(posted["Name"]):
                raise conflict(f"A module with the name {posted['Name']} already exists.")
            document = {
                "Id": str(uuid.uuid4()),
                "Name": posted["Name"],
                "Description": posted.get("Description"),
                "Versions": [],
                "DefaultVersion": None,
                "EntityStatus": "Active",
                "CreatedDate": now(),
                "LastModifiedDate": now(),
                "Etag": str(uuid.uuid4()),
            }
            return self._documents.put(document["Id"], document)

    def _named(self, name: str) -> Document | None:
        return next((one for one in self._documents.all() if one["Name"] == name), None)

    def get(self, module_id: str) -> Document:
        """Raises ApiError 404."""
        found = self._documents.get(module_id)
        if found is None:
            raise not_found(f"Module {module_id} was not found.")
        return found

    def by_name(self, name: str) -> Document:
        """Raises ApiError 404."""
        found = self._named(name)
        if found is None:
            raise not_found(f"Module with name {name} was not found.")
        return found

    def update(self, module_id: str, posted: Document) -> Document:
        kept = ("Name", "Description", "DefaultVersion")
        given = {key: posted[key] for key in kept if posted.get(key) is not None}
        known = self.get(module_id)
        status = str(posted.get("EntityStatus") or known["EntityStatus"])
        changed = known | given | {"EntityStatus": STATUS.get(status, status), "LastModifiedDate": now()}
        return self._documents.put(module_id, changed)

    def add(self, posted: Document) -> Document:
        """A version of a module. Raises ApiError 404, 409 for a version that there is."""
        with self._state.transaction():
            known = self.get(posted.pop("AmlModuleId"))
            taken = [one["Version"] for one in known["Versions"]]
            version = str(posted.pop("Version", None) or len(taken) + 1)
            if version in taken:
                raise conflict(f"Module {known['Name']} has a version {version} already.")
            # A version is a module of its own, even where its code is that of another.
            posted.pop("IdentifierHash", None)
            is_default = bool(posted.pop("SetAsDefaultVersion", None)) or not taken
            made = self._modules.create(posted | {"_catalogued": known["Id"]})
            versions = [*known["Versions"], {"ModuleVersionId": made["Id"], "Version": version}]
            default = version if is_default else known["DefaultVersion"]
            self._documents.put(known["Id"], known | {"Versions": versions, "DefaultVersion": default})
            return self.version(made["Id"])

    def version(self, version_id: str) -> Document:
        """Raises ApiError 404."""
        found = self._modules.get(version_id)
        if found is None or "_catalogued" not in found:
            raise not_found(f"Module version {version_id} was not found.")
        return {"ModuleId": found["_catalogued"], **info(found)}

    def update_version(self, version_id: str, posted: Document) -> Document:
        """Change description and status."""
        self.version(version_id)
        data = posted.get("Data") or {}
        given = {key: data[key] for key in ("Description", "EntityStatus") if data.get(key) is not None}
        if "EntityStatus" in given:
            given["EntityStatus"] = STATUS.get(str(given["EntityStatus"]), given["EntityStatus"])
        self._modules.change(version_id, given)
        return self.version(version_id)
