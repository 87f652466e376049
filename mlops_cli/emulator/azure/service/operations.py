"""Operations of model management: what `wait_for_deployment` polls."""

from __future__ import annotations

import uuid

from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace


class ServiceOperations:
    """Kept in the workspace. An operation is over when somebody says so."""

    def __init__(self, workspace: Workspace) -> None:
        self._documents = workspace.collection("service-operations")

    def begin(self, kind: str, service: str) -> str:
        """A new operation of `kind` (Create, Update, Delete, RegenerateKeys); its id."""
        operation_id = str(uuid.uuid4())
        self._documents.put(
            operation_id,
            {
                "id": operation_id,
                "operationType": "Service",
                "requestType": kind,
                "state": "Running",
                "createdTime": now(),
                "endTime": None,
                "resourceLocation": f"/services/{service}",
                "operationDetails": {"subOperationType": "DeployService", "subOperationState": "Running"},
                "_service": service,
            },
        )
        return operation_id

    def end(self, operation_id: str, error: Document | None) -> None:
        state = "Failed" if error else "Succeeded"

        def apply(document: Document) -> None:
            document |= {"state": state, "endTime": now()}
            document["operationDetails"]["subOperationState"] = state
            if error:
                document["error"] = error

        self._documents.change(operation_id, apply)

    def get(self, operation_id: str) -> Document | None:
        return self._documents.get(operation_id)
