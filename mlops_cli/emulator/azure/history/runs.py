"""Runs: what happened in an experiment, with a status, tags and children."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

from mlops_cli.emulator.clock import now
from mlops_cli.emulator.odata import ordered, parse_filter
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace

FINAL = ("Completed", "Failed", "Canceled")
_PATCHED = (
    "status", "startTimeUtc", "endTimeUtc", "heartbeatEnabled", "name", "displayName", "description", "hidden",
    "runType", "runTypeV2", "scriptName", "target", "runDefinition", "primaryMetricName", "createdFrom",
    "cancelUri", "diagnosticsUri", "queueingInfo", "dataContainerId",
)  # fmt: skip
REUSED = "azureml.reusedrunid"


class Runs:
    """The runs of one workspace. Keys of a document that begin with `_` are the emulator's own: see `shown`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._places = workspace.collection("run-places")

    def _of(self, experiment_id: str) -> Collection:
        return self._workspace.collection(f"runs/{experiment_id}")

    def patch(
        self, experiment: Document, run_id: str, posted: Document, user: Document | None = None
    ) -> Document:
        """Make the run or change it: fields are replaced; tags and properties are merged."""
        with self._workspace.state.transaction():
            document = self.get(run_id) or self._new(experiment, run_id, posted) | {"createdBy": user}
            document |= {k: posted[k] for k in _PATCHED if posted.get(k) is not None}
            for key in ("tags", "properties"):
                document[key] |= posted.get(key) or {}
            for key in ("inputDatasets", "outputDatasets"):
                document[key] += [d for d in posted.get(key) or [] if d not in document[key]]
            return self._keep(document)

    def adopt(self, run_id: str, parent_id: str) -> None:
        """Make a run the child of another after it was made."""
        self.change(run_id, lambda document: document.update(self._family(run_id, parent_id)))

    def _family(self, run_id: str, parent_id: str | None) -> Document:
        parent = self.get(parent_id) if parent_id else None
        return {
            "parentRunId": parent_id,
            "rootRunId": parent["rootRunId"] if parent else (parent_id or run_id),
            "parentRunUuid": parent["runUuid"] if parent else None,
            "rootRunUuid": parent["rootRunUuid"] if parent else None,
        }

    def _new(self, experiment: Document, run_id: str, posted: Document) -> Document:
        runs = self._of(experiment["experimentId"])
        return {
            "runNumber": len(runs) + 1,
            "runId": run_id,
            "experimentId": experiment["experimentId"],
            "runUuid": str(uuid.uuid4()),
            **self._family(run_id, posted.get("parentRunId")),
            "status": "NotStarted",
            "createdUtc": now(),
            "startTimeUtc": None,
            "endTimeUtc": None,
            "dataContainerId": f"dcid.{run_id}",
            "displayName": posted.get("displayName") or run_id,
            "runType": None,
            "runTypeV2": {"orchestrator": None, "traits": []},
            "target": None,
            "tags": {},
            "properties": {},
            "inputDatasets": [],
            "outputDatasets": [],
            "hidden": False,
            "warnings": [],
            "error": None,
            "_experiment": experiment["name"],
        }

    def get(self, run_id: str) -> Document | None:
        place = self._places.get(run_id)
        return self._of(place["experiment"]).get(run_id) if place else self._taken_over(run_id)

    def _taken_over(self, run_id: str) -> Document | None:
        """An iteration of AutoML, asked for as one of a run that has taken over the work of another."""
        parent, _, iteration = run_id.rpartition("_")
        run = self.get(parent) if parent else None
        before = run["properties"].get(REUSED) if run else None
        return self.get(f"{before}_{iteration}") if before else None

    def change(self, run_id: str, change: Callable[[Document], object]) -> Document | None:
        """Apply `change` in one transaction; None when there is no such run."""
        place = self._places.get(run_id)
        return self._of(place["experiment"]).change(run_id, change) if place else None

    def in_experiment(self, experiment_id: str) -> list[Document]:
        return self._of(experiment_id).all()

    def query(self, experiment_id: str, text: str | None, order: str | list[str] | None) -> list[Document]:
        """The runs of an experiment that the filter accepts, newest first where no order is given."""
        wanted = parse_filter(text)
        asked = list(reversed(self.in_experiment(experiment_id)))
        if "RootRunId" in (text or ""):
            asked += [one for run in asked if REUSED in run["properties"] for one in self._below(run)]
        return ordered([document for document in asked if wanted(document)], order)

    def children(self, run_id: str) -> list[Document]:
        run = self.get(run_id)
        return self._children(run) if run else []

    def _children(self, run: Document) -> list[Document]:
        """A run that has taken over the work of another has the children of that one."""
        before = self.get(run["properties"].get(REUSED) or "")
        if before:
            return [child | {"parentRunId": run["runId"]} for child in self._children(before)]
        runs = self.in_experiment(run["experimentId"])
        return [document for document in runs if document["parentRunId"] == run["runId"]]

    def _below(self, run: Document) -> Iterator[Document]:
        """Children and theirs, as if `run` had begun them."""
        for child in self._children(run):
            own = child | {"rootRunId": run["rootRunId"]}
            yield own
            yield from self._below(own)

    def remove_tags(self, run_id: str, tags: list[str]) -> Document | None:
        def apply(document: Document) -> None:
            document["tags"] = {k: v for k, v in document["tags"].items() if k not in tags}

        return self.change(run_id, apply)

    def set_status(
        self, run_id: str, status: str, *, at: str | None = None, error: Document | None = None
    ) -> None:
        """Move a run on. A final status stays; a cancellation that was asked for is not undone by a start."""

        def apply(document: Document) -> None:
            if document["status"] in FINAL:
                return
            if status == "Running":
                document["startTimeUtc"] = document["startTimeUtc"] or at or now()
                if document["status"] == "CancelRequested":
                    return
            if status in FINAL:
                document["startTimeUtc"] = document["startTimeUtc"] or document["createdUtc"]
                document["endTimeUtc"] = at or now()
            document["status"] = status
            document["error"] = error or document["error"]

        self.change(run_id, apply)

    def _keep(self, document: Document) -> Document:
        self._places.put(document["runId"], {"experiment": document["experimentId"]})
        return self._of(document["experimentId"]).put(document["runId"], document)


def shown(document: Document) -> Document:
    """What a client may see of a run."""
    return {key: value for key, value in document.items() if not key.startswith("_")}
