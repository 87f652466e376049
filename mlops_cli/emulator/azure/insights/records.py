"""What was recorded of a workspace's services, as the tables of Application Insights."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from mlops_cli.emulator.azure.service import documents
from mlops_cli.emulator.azure.service.services import Services
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.engine.endpoints import journal

if TYPE_CHECKING:
    from mlops_cli.domain.endpoints import RequestRecord
    from mlops_cli.emulator.app import App

REQUEST_COLUMNS = [
    "timestamp", "id", "source", "name", "url", "success", "resultCode", "duration", "itemType",
    "customDimensions", "operation_Name", "operation_Id", "cloud_RoleName", "cloud_RoleInstance", "itemCount",
]  # fmt: skip
TRACE_COLUMNS = [
    "timestamp", "message", "severityLevel", "itemType", "customDimensions", "cloud_RoleName", "itemCount",
]  # fmt: skip
_SEVERITY = {"DEBUG": 0, "INFO": 1, "WARNING": 2, "ERROR": 3}


def requests(app: App, workspace: Workspace) -> tuple[list[str], list[Document]]:
    """One row per request that was answered while Application Insights was on, oldest first."""
    services = Services(app, workspace)
    rows = [
        _request(document, record)
        for document in services.all()
        for unit in documents.units(document)
        for record in journal.requests(services.unit(document["name"], unit).folder)
    ]
    return REQUEST_COLUMNS, sorted(rows, key=lambda row: row["timestamp"])


def _request(document: Document, record: RequestRecord) -> Document:
    uri = (document["scoringUri"] or "").rpartition("/")[0] + record.path
    dimensions = {
        "Service Name": document["name"],
        "Request Id": record.request_id,
        "Client Request Id": record.client_request_id or "",
        "Container Id": str(record.worker),
    }
    return {
        "timestamp": datetime.datetime.fromisoformat(record.time),
        "id": record.request_id,
        "source": "",
        "name": f"{record.method} {record.path}",
        "url": uri,
        "success": str(record.status < 400),
        "resultCode": str(record.status),
        "duration": record.duration_ms,
        "itemType": "request",
        "customDimensions": dimensions,
        "operation_Name": f"{record.method} {record.path}",
        "operation_Id": record.request_id,
        "cloud_RoleName": document["name"],
        "cloud_RoleInstance": str(record.worker),
        "itemCount": 1,
    }


def traces(app: App, workspace: Workspace) -> tuple[list[str], list[Document]]:
    """What entry scripts printed or logged, of services that have Application Insights on now."""
    services = Services(app, workspace)
    rows = [
        {
            "timestamp": datetime.datetime.fromisoformat(line.time),
            "message": line.message,
            "severityLevel": _SEVERITY[line.level],
            "itemType": "trace",
            "customDimensions": {"Service Name": document["name"], "Request Id": line.request_id or ""},
            "cloud_RoleName": document["name"],
            "itemCount": 1,
        }
        for document in services.all()
        if document["appInsightsEnabled"]
        for unit in documents.units(document)
        for line in services.unit(document["name"], unit).log(0)
        if line.source == "user"
    ]
    return TRACE_COLUMNS, sorted(rows, key=lambda row: row["timestamp"])
