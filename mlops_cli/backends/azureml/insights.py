"""What Application Insights recorded of a service, asked by its query API.

https://learn.microsoft.com/azure/azure-monitor/logs/api/overview
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests

from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.endpoints import RequestRecord
from mlops_cli.errors import NotFoundError

API = "https://api.applicationinsights.io"
ARM = "https://management.azure.com"
COMPONENT_VERSION = "2020-02-02"
TIMEOUT_SECONDS = (10, 60)
MOST = 100_000
QUERY = """requests
| where customDimensions["Service Name"] == "{name}"{since}
| order by timestamp asc
| take {most}
| project timestamp, id, name, url, resultCode, duration, customDimensions"""


def recorded(session: Session, name: str, since: str | None) -> Iterator[RequestRecord]:
    """Requests to the service `name`, oldest first, from `since` (ISO 8601) on."""
    after = f'\n| where timestamp >= datetime("{since}")' if since else ""
    url = f"{API}/v1/apps/{_application(session)}/query"
    answer = _asked(session, "POST", url, API, {"query": QUERY.format(name=name, since=after, most=MOST)})
    for table in answer.get("tables", [])[:1]:
        names = [column["name"] for column in table["columns"]]
        yield from (_record(dict(zip(names, row, strict=True))) for row in table["rows"])


def _application(session: Session) -> str:
    """The id under which the workspace's Application Insights answers queries."""
    component = session.workspace.get_details().get("applicationInsights")
    if not component:
        raise NotFoundError("the workspace has no Application Insights")
    url = f"{ARM}{component}?api-version={COMPONENT_VERSION}"
    answer = _asked(session, "GET", url, "https://management.core.windows.net/", None)
    return str(answer["properties"]["AppId"])


def _asked(session: Session, method: str, url: str, audience: str, body: Any) -> Any:
    token = session.signed_in.credential.get_token(f"{audience}/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, url, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer.json()


def _record(row: dict[str, Any]) -> RequestRecord:
    method, _, path = str(row.get("name") or "").rpartition(" ")
    more = _dimensions(row.get("customDimensions"))
    return RequestRecord(
        time=str(row["timestamp"]),
        request_id=str(more.get("Request Id") or row.get("id") or ""),
        method=method or "POST",
        path=urlsplit(path).path or urlsplit(str(row.get("url") or "")).path,
        status=int(row.get("resultCode") or 0),
        duration_ms=float(row.get("duration") or 0),
        bytes_in=0,
        bytes_out=0,
        worker=0,
        client_request_id=more.get("Client Request Id") or None,
    )


def _dimensions(told: Any) -> dict[str, Any]:
    """A dynamic column: the API writes it as JSON text."""
    if isinstance(told, str):
        told = msgspec.json.decode(told or "{}")
    return told or {}
