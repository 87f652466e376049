"""Application Insights: the component of a workspace, and the API that answers queries about its services."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable
from typing import Any

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.insights import queries, records
from mlops_cli.emulator.azure.insights.functions import moment
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

component = Service("insights", "Application Insights (ARM)", hosts.ARM, errors.arm)
service = Service(
    "insights", "Application Insights (queries)", hosts.INSIGHTS, errors.arm,
    left_out=("tables other than requests and traces", "joins, let, render and most functions of Kusto",
              "API keys", "live metrics"),
)  # fmt: skip
PROVIDER = "/providers/Microsoft.Insights/components"
SPAN = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.I)
METRICS = {"requests/count": "itemCount", "requests/failed": "itemCount", "requests/duration": "duration"}


def _application(workspace: Workspace) -> str:
    return str(uuid.uuid5(uuid.UUID(workspace.id), "application-insights"))


@component.route(
    "GET",
    "/subscriptions/{subscription}/resourceGroups/{group}" + PROVIDER + "/{name}",
    "the id to query with",
)
def get_component(call: Call) -> Document:
    wanted = call.request.path.lower().rstrip("/")
    for workspace in call.app.workspaces.all(call["subscription"], call["group"]):
        place = workspace.document["properties"]["applicationInsights"]
        if place.lower().rstrip("/") == wanted:
            key = workspace.id
            properties = {"AppId": _application(workspace), "ApplicationId": call["name"], "Application_Type": "web",
                          "InstrumentationKey": key, "ConnectionString": f"InstrumentationKey={key}",
                          "provisioningState": "Succeeded", "RetentionInDays": 90}  # fmt: skip
            return {"id": place, "name": call["name"], "type": "microsoft.insights/components", "kind": "web",
                    "location": workspace.location, "properties": properties}  # fmt: skip
    raise errors.not_found(f"The component {call['name']} was not found.", "ResourceNotFound")


def _workspace(call: Call) -> Workspace:
    workspaces = call.app.workspaces
    for subscription in workspaces.subscriptions():
        for workspace in workspaces.all(subscription):
            if _application(workspace) == call["app"].lower():
                return workspace
    raise errors.not_found(f"The application {call['app']} was not found.", "AppNotFound")


def _tables(call: Call) -> queries.Tables:
    workspace, app = _workspace(call), call.app
    since, until = _span(call.query.get("timespan") or call.document.get("timespan"))

    def within(found: tuple[list[str], list[Document]]) -> tuple[list[str], list[Document]]:
        return found[0], [row for row in found[1] if since <= row["timestamp"] <= until]

    return {
        "requests": lambda: within(records.requests(app, workspace)),
        "traces": lambda: within(records.traces(app, workspace)),
    }


@service.route("GET", "/v1/apps/{app}/query", "queries in Kusto: requests, traces")
@service.route("POST", "/v1/apps/{app}/query", "the same")
def query(call: Call) -> Document:
    text = call.document.get("query") or call.query.get("query")
    if not text:
        raise errors.bad_request("The query is missing.", "BadArgumentError")
    return queries.answer(str(text), _tables(call))


@service.route(
    "GET", "/v1/apps/{app}/metrics/{metric*}", "requests/count, requests/failed, requests/duration"
)
def metric(call: Call) -> Document:
    name = call["metric"]
    if name not in METRICS:
        raise errors.not_found(f"There is no metric {name}; there is {', '.join(METRICS)}.", "MetricNotFound")
    rows = _tables(call)["requests"]()[1]
    if name == "requests/failed":
        rows = [row for row in rows if row["success"] == "False"]
    values = [row[METRICS[name]] for row in rows]
    since, until = _span(call.query.get("timespan") or "PT12H")
    chosen = (call.query.get("aggregation") or ("avg" if name.endswith("duration") else "sum")).split(",")
    figures = {aggregation: _aggregated(aggregation, values) for aggregation in chosen}
    return {"value": {"start": since.isoformat(), "end": until.isoformat(), name: figures}}


def _aggregated(aggregation: str, values: list[Any]) -> float | None:
    known: dict[str, Callable[[list[Any]], float]] = {
        "sum": sum,
        "count": len,
        "min": min,
        "max": max,
        "avg": lambda found: sum(found) / len(found),
    }
    if aggregation not in known:
        raise errors.bad_request(f"There is no aggregation {aggregation}.", "BadArgumentError")
    return known[aggregation](values) if values or aggregation in ("sum", "count") else None


def _span(text: str | None) -> tuple[datetime.datetime, datetime.datetime]:
    """From and to of an ISO 8601 duration that ends now, or of START/END."""
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    start, _, end = (text or "").partition("/")
    if not start:
        return datetime.datetime.min.replace(tzinfo=datetime.UTC), now
    found = SPAN.fullmatch(start)
    if found is None:
        return moment(start), moment(end) if end else now
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return now - datetime.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds), now
