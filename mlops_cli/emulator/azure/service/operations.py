"""Operations of model management: what `wait_for_deployment` polls."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response, json_response
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

RESUMED: dict[str, Callable[[App, Workspace, Document], None]] = {}
"""By type of operation: go on with one that is not over, and wait for it a while."""


def accepted(call: Call, operation: str, document: Document | None) -> Response:
    """202 with the place at which the operation is found."""
    place = f"{call.workspace.api}/modelmanagement/v1.0{call.workspace.arm_path}/operations/{operation}"
    return json_response(document, 202, {"Operation-Location": place})


class ServiceOperations:
    """Kept in the workspace. An operation is over when somebody says so."""

    def __init__(self, workspace: Workspace) -> None:
        self._documents = workspace.collection("service-operations")

    def begin(self, kind: str, service: str, operation_type: str = "Service") -> str:
        """A new operation of `kind` (Create, Update, Delete, RegenerateKeys); its id."""
        operation_id = str(uuid.uuid4())
        self._documents.put(
            operation_id,
            {
                "id": operation_id,
                "operationType": operation_type,
                "requestType": kind,
                "parentRequestId": operation_id,
                "state": "Running",
                "createdTime": now(),
                "endTime": None,
                "resourceLocation": f"/services/{service}",
                "operationDetails": {"subOperationType": "DeployService", "subOperationState": "Running"},
                "_service": service,
            },
        )
        return operation_id

    def over(self, **fields: str) -> str:
        """An operation that has succeeded already; its id."""
        operation_id = self.begin("Create", "")
        self.end(operation_id, None)
        self._documents.change(operation_id, lambda document: document.update(fields))
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
