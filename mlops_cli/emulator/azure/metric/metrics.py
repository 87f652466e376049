"""Metrics: named columns of values that a run has logged."""

from __future__ import annotations

import datetime

from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace


class Metrics:
    """The metrics of one run. Values are kept one by one, so that logging does not get slower with time."""

    def __init__(self, workspace: Workspace, run_id: str) -> None:
        self._workspace = workspace
        self._run_id = run_id
        self._names = workspace.collection(f"metrics/{run_id}")

    def add(self, posted: Document) -> None:
        """Keep the values of one metric; a value posted twice (a retry) is kept once."""
        name = posted["name"]
        with self._workspace.state.transaction():
            known = self._names.get(name) or {
                "name": name,
                "columns": {},
                "properties": posted.get("properties"),
            }
            known["columns"] |= posted.get("columns") or {}
            self._names.put(name, known)
            values = self._values(name)
            for place, value in enumerate(posted.get("value") or []):
                values.put(f"{value.get('metricId')}/{place}", value)

    def names(self) -> list[Document]:
        return [{"metricKey": {"name": m["name"]}, "columns": m["columns"]} for m in self._names.all()]

    def full(self, name: str, since: str | None = None, until: str | None = None) -> Document | None:
        """All values of a metric, in the order in which they were logged (clients send them out of order)."""
        known = self._names.get(name)
        if known is None:
            return None
        values = [v for v in self._values(name).all() if _between(v.get("createdUtc"), since, until)]
        values.sort(key=_moment)
        return {
            **known,
            "dataContainerId": f"dcid.{self._run_id}",
            "value": values,
            "continuationToken": None,
        }

    def log(self, name: str, value: float, created: str) -> None:
        """Log one number from within the emulator."""
        logged = {
            "metricId": f"{self._run_id}/{name}",
            "createdUtc": created,
            "step": 0,
            "data": {name: value},
        }
        properties = {"uxMetricType": "azureml.v1.scalar"}
        self.add({"name": name, "columns": {name: "Double"}, "value": [logged], "properties": properties})

    def refer(self, name: str, container: str, created: str) -> None:
        """Log a table that is a file of the run, of the same name."""
        address = f"aml://artifactId/ExperimentRun/{container}/{name}"
        kind = {"predicted_true": "predictions"}.get(name, name)
        logged = {
            "metricId": f"{self._run_id}/{name}",
            "createdUtc": created,
            "step": 0,
            "data": {name: address},
        }
        properties = {"uxMetricType": f"azureml.v2.{kind}"}
        self.add({"name": name, "columns": {name: "Artifact"}, "value": [logged], "properties": properties})

    def copy(self, run_id: str) -> None:
        """Take over all that another run has logged."""
        other = Metrics(self._workspace, run_id)
        for one in other.names():
            self.add(other.full(one["metricKey"]["name"]) or {})

    def _values(self, name: str) -> Collection:
        return self._workspace.collection(f"metric-values/{self._run_id}/{name}")


def _between(moment: str | None, since: str | None, until: str | None) -> bool:
    return not moment or ((since is None or moment >= since) and (until is None or moment <= until))


def _moment(value: Document) -> float:
    """Clients leave out zeros at the end of a time: as texts, times would not be in order."""
    created = value.get("createdUtc")
    return datetime.datetime.fromisoformat(created).timestamp() if created else 0.0
