"""Modules: what a step is made of. Equal ones, by the client's own hash, are the same module."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

RUN_AFTER_INPUT, RUN_AFTER_OUTPUT = "_run_after_input_", "_run_after_output"


class Modules:
    """The modules of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._state = workspace.state
        self._documents = workspace.collection("pipeline-modules")
        self._hashes = workspace.collection("pipeline-module-hashes")

    def create(self, posted: Document) -> Document:
        """The module as the client posts it; two clients that post the same get the same."""
        with self._state.transaction():
            known = self.by_hash(posted.get("IdentifierHash") or "")
            return known or self._add(posted)

    def _add(self, posted: Document) -> Document:
        module_id = str(uuid.uuid4())
        fields = {"Id": module_id, "UploadState": "Completed", "EntityStatus": "Active", "CreatedDate": now()}
        if posted.get("IdentifierHash"):
            self._hashes.put(posted["IdentifierHash"], {"id": module_id})
        return self._documents.put(module_id, posted | fields)

    def get(self, module_id: str) -> Document | None:
        return self._documents.get(module_id)

    def change(self, module_id: str, fields: Document) -> None:
        self._documents.change(module_id, lambda document: document.update(fields))

    def by_hash(self, identifier: str) -> Document | None:
        found = self._hashes.get(identifier) if identifier else None
        return self._documents.get(found["id"]) if found else None


def info(module: Document) -> Document:
    """The module with the interface that clients read."""
    structure = module.get("StructuredInterface") or {}
    inputs = [
        {"Name": port["Name"], "DataTypesIds": port.get("DataTypeIdsList") or []}
        for port in structure.get("Inputs") or []
    ]
    outputs = [
        {"Name": port["Name"], "DataTypeId": port.get("DataTypeId")}
        for port in structure.get("Outputs") or []
    ]
    interface = {
        "Parameters": _parameters(structure.get("Parameters") or []),
        "MetadataParameters": _parameters(structure.get("MetadataParameters") or []),
        "Ports": {"Inputs": inputs, "Outputs": outputs},
        "DataPathParameters": [],
        "DataPathParameterList": [],
    }
    data = {key: value for key, value in module.items() if not key.startswith("_")}
    return {"Data": data, "Interface": interface}


def _parameters(posted: Iterable[Document]) -> list[Document]:
    return [{"Name": p["Name"], "DefaultValue": p.get("DefaultValue"), "Type": "String"} for p in posted]
