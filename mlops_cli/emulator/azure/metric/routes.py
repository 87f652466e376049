"""The metric service."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.metric.metrics import Metrics
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document

service = Service("metric", "Metrics", hosts.AML, errors.aml)
BASE = "/metric/v2.0{W}/runs/{run}"


@service.route(
    "POST", BASE + "/batch", "Run.log, log_list, log_row, log_table, log_image, log_confusion_matrix, ..."
)
def add(call: Call) -> Document:
    metrics = Metrics(call.workspace, call["run"])
    with call.app.state.transaction():
        for posted in call.document.get("values") or []:
            metrics.add(posted)
    return {"errors": []}


def _kept(call: Call) -> Metrics:
    """Those of the run that did the work."""
    run = Runs(call.workspace).get(call["run"])
    return Metrics(call.workspace, run["runId"] if run else call["run"])


@service.route("POST", BASE + "/list", "Run.get_metrics: names")
def names(call: Call) -> Document:
    return {
        "value": _kept(call).names(),
        "continuationToken": None,
        "nextLink": None,
    }


@service.route("POST", BASE + "/full", "Run.get_metrics: values")
def full(call: Call) -> Document:
    asked = call.document
    found = _kept(call).full(asked["metricName"], asked.get("startTime"), asked.get("endTime"))
    if found is None:
        raise errors.not_found(f"Metric {asked['metricName']} was not found.")
    return found
