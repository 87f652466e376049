"""Compute targets. Nothing is rented: a cluster is a document, its work runs on this machine."""

from __future__ import annotations

import re

from mlops_cli.emulator.azure.compute.kinds import details, resized
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.operations import Operations
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace

BUSY = {"Creating": "Succeeded", "Updating": "Succeeded", "Deleting": "Deleted"}


class Computes:
    """The compute targets of a workspace. A document's `_operation` decides what its state is by now."""

    def __init__(self, workspace: Workspace, *, fast: bool) -> None:
        self._workspace = workspace
        self._fast = fast
        self._operations = Operations(workspace)

    @property
    def _documents(self) -> Collection:
        return self._workspace.collection("computes")

    def get(self, name: str) -> Document | None:
        document = self._documents.get(name.lower())
        return self._by_now(document) if document else None

    def all(self) -> list[Document]:
        return [found for document in self._documents.all() if (found := self._by_now(document))]

    def create(self, name: str, posted: Document, error: str | None) -> tuple[Document, str]:
        """The new compute target and the operation that makes it. Raises ApiError 400 for what Azure refuses."""
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]", name):
            raise bad_request(f"Compute name {name} is invalid: 3 to 32 letters, digits or -.", "InvalidName")
        operation = self._operations.start(fast=self._fast, error=error)
        properties = posted.get("properties") or {}
        inner = properties.get("properties") or {}
        document = {
            "id": f"{self._workspace.arm_path}/computes/{name}",
            "name": name,
            "type": "Microsoft.MachineLearningServices/workspaces/computes",
            "location": posted.get("location") or self._workspace.location,
            "tags": posted.get("tags") or {},
            **({"identity": posted["identity"]} if posted.get("identity") else {}),
            "properties": {
                "computeType": properties.get("computeType"),
                "computeLocation": properties.get("computeLocation") or self._workspace.location,
                "description": properties.get("description"),
                "resourceId": properties.get("resourceId"),
                "isAttachedCompute": bool(properties.get("resourceId") or inner.get("address")),
                "provisioningState": "Creating",
                "provisioningErrors": None,
                "createdOn": now(),
                "modifiedOn": now(),
                "properties": details(properties.get("computeType", ""), name, inner),
            },
            "_operation": operation,
        }
        self._documents.put(name.lower(), document)
        return self._shown(self._by_now(document) or document), operation

    def change(self, name: str, posted: Document) -> tuple[Document, str]:
        """Merge what a PATCH brings into the target, which must exist."""
        operation = self._operations.start(fast=self._fast)

        def apply(document: Document) -> None:
            inner = document["properties"]
            given = (posted.get("properties") or {}).get("properties") or {}
            inner["properties"] = resized(inner["properties"], given)
            inner |= {"modifiedOn": now(), "provisioningState": "Updating"}
            document |= {k: posted[k] for k in ("tags", "identity") if posted.get(k)}
            document["_operation"] = operation

        document = self._documents.change(name.lower(), apply)
        assert document is not None, "the caller has looked"
        return self._shown(self._by_now(document) or document), operation

    def delete(self, name: str) -> str:
        operation = self._operations.start(fast=self._fast)

        def apply(document: Document) -> None:
            document["properties"]["provisioningState"] = "Deleting"
            document["_operation"] = operation

        self._documents.change(name.lower(), apply)
        return operation

    def set_instance_state(self, name: str, state: str) -> str:
        """Let a compute instance be Running or Stopped."""
        self._documents.change(name.lower(), lambda d: d["properties"]["properties"].update(state=state))
        return self._operations.start(fast=self._fast)

    def _by_now(self, document: Document) -> Document | None:
        """The document in the state its operation has brought it to; None once it is deleted."""
        state, error = self._operations.state(document["_operation"]) or ("Succeeded", None)
        properties = document["properties"]
        aim = BUSY.get(properties["provisioningState"])
        if aim and state == "Failed":
            properties["provisioningState"] = "Failed"
            properties["provisioningErrors"] = [{"error": {"code": "ProvisioningFailed", "message": error}}]
        elif aim and state == "Succeeded":
            properties["provisioningState"] = aim
        return None if properties["provisioningState"] == "Deleted" else self._shown(document)

    def _shown(self, document: Document) -> Document:
        return {k: v for k, v in document.items() if k != "_operation"}
