"""Schedules: when a published pipeline, or the default of an endpoint, is run by itself."""

from __future__ import annotations

import datetime
import uuid

from mlops_cli.domain.schedules import WEEK_DAYS, Recurrence
from mlops_cli.emulator.azure.pipeline import clock, places
from mlops_cli.emulator.azure.pipeline.expressions import Context, resolved
from mlops_cli.emulator.azure.pipeline.published import STATUS, PipelineEndpoints, PublishedPipelines
from mlops_cli.emulator.azure.pipeline.time_zones import iana
from mlops_cli.emulator.errors import ApiError, bad_request, not_found
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.engine.pipelines.calendar import check, fire_times
from mlops_cli.errors import UsageError

FREQUENCIES = {"0": "Month", "1": "Week", "2": "Day", "3": "Hour", "4": "Minute"}
TYPES = {"0": "Recurrence", "1": "DataStore"}
POLL_MINUTES = 5


class Schedules:
    """The schedules of one workspace. `_next` is the next fire or the next look at the data (ISO 8601)."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._documents = workspace.collection("pipeline-schedules")

    def create(self, posted: Document, user: Document) -> Document:
        """Raises ApiError 404 for an unknown pipeline, 400 for a recurrence that cannot be."""
        self._check(posted)
        moment = clock.now(self._workspace.state)
        schedule_id = str(uuid.uuid4())
        document = posted | {
            "Id": schedule_id,
            "ProvisioningStatus": "Completed",
            "EntityStatus": "Active",
            "ScheduleType": TYPES.get(str(posted.get("ScheduleType")), posted.get("ScheduleType")),
            "CreatedDate": moment.isoformat(),
            "LastModifiedDate": moment.isoformat(),
            "Etag": str(uuid.uuid4()),
            "_by": user,
        }
        return self._documents.put(schedule_id, document | self._first(document, moment))

    def _check(self, posted: Document) -> None:
        if posted.get("PipelineEndpointId"):
            PipelineEndpoints(self._workspace).get(posted["PipelineEndpointId"])
        else:
            PublishedPipelines(self._workspace).get(posted.get("PipelineId") or "")
        if posted.get("Recurrence"):
            recurrence_of(posted["Recurrence"])
        given, moment = posted.get("PipelineSubmissionInfo") or {}, clock.now(self._workspace.state)
        resolved(given.get("ParameterAssignments") or {}, Context("", "", moment, moment))

    def _first(self, document: Document, moment: datetime.datetime) -> Document:
        """What a new, changed or enabled schedule waits for. One without a start or times runs at once."""
        recurrence = document.get("Recurrence")
        if recurrence is None:
            return {"_next": _later(document, moment), "_seen": self._seen(document)}
        if not recurrence.get("StartTime") and not recurrence.get("Schedule"):
            return {"_next": moment.isoformat()}
        return {"_next": _later(document, moment)}

    def _seen(self, document: Document) -> dict[str, str]:
        """Blob names and their tags; folders below the path are not looked at."""
        trigger = document["DataStoreTriggerInfo"]
        path = (trigger.get("PathOnDataStore") or "").strip("/")
        found = places.blobs_of(self._workspace, {"store": trigger["DataStoreName"], "path": path})
        return {blob.name: blob.etag for blob in found if "/" not in blob.name[len(path) :].strip("/")}

    def get(self, schedule_id: str) -> Document:
        """Raises ApiError 404."""
        found = self._documents.get(schedule_id)
        if found is None:
            raise not_found(f"Schedule {schedule_id} was not found.")
        return found

    def all(self, *, active_only: bool = False) -> list[Document]:
        found = self._documents.all(newest_first=True)
        return [one for one in found if one["EntityStatus"] == "Active" or not active_only]

    def update(self, schedule_id: str, posted: Document) -> Document:
        """Replace the schedule by what a client sends; one that is enabled again starts anew."""
        known, moment = self.get(schedule_id), clock.now(self._workspace.state)
        self._check(posted)
        status = str(posted.get("EntityStatus") or known["EntityStatus"])
        given = {key: value for key, value in posted.items() if not key.startswith("_")}
        document = known | given | {"EntityStatus": STATUS.get(status, status), "Id": schedule_id,
                                    "LastModifiedDate": moment.isoformat()}  # fmt: skip
        if document["EntityStatus"] == "Active":
            first = {"_next": _later(document, moment)}
            document |= first if document.get("Recurrence") else first | {"_seen": self._seen(document)}
        return self._documents.put(schedule_id, document)

    def tick(self) -> None:
        """Fire what is due. What was missed meanwhile is run once."""
        moment = clock.now(self._workspace.state)
        for schedule in self.all(active_only=True):
            if datetime.datetime.fromisoformat(schedule["_next"]) <= moment:
                self._ring(schedule, moment)

    def _ring(self, schedule: Document, moment: datetime.datetime) -> None:
        changes: Document = {"_next": _later(schedule, moment)}
        given: Document | None = {}
        if not schedule.get("Recurrence"):
            seen = self._seen(schedule)
            changed = sorted(name for name, tag in seen.items() if schedule["_seen"].get(name) != tag)
            given = _data_path(schedule, changed[-1]) if changed else None
            changes["_seen"] = seen
        self._documents.change(schedule["Id"], lambda document: document.update(changes))
        if given is not None:
            self._run(schedule, given)

    def _run(self, schedule: Document, given: Document) -> None:
        """Submit a run. A pipeline that is switched off or gone is not run, and the schedule goes on."""
        info = schedule.get("PipelineSubmissionInfo") or {}
        paths = (info.get("DataPathAssignments") or {}) | given
        told = info | {"DataPathAssignments": paths, "RunType": "Schedule", "RunSource": "Schedule"}
        try:
            PublishedPipelines(self._workspace).submit(
                self._pipeline(schedule), told, schedule["_by"], ScheduleId=schedule["Id"],
                _scheduled=schedule["_next"],
            )  # fmt: skip
        except ApiError as error:
            why = error.message
            self._documents.change(schedule["Id"], lambda document: document.update(_problem=why))

    def _pipeline(self, schedule: Document) -> str:
        if not schedule.get("PipelineEndpointId"):
            return str(schedule["PipelineId"])
        endpoints = PipelineEndpoints(self._workspace)
        return endpoints.pipeline(endpoints.get(schedule["PipelineEndpointId"]), None)


def shown(schedule: Document) -> Document:
    return {key: value for key, value in schedule.items() if not key.startswith("_")}


def recurrence_of(posted: Document) -> Recurrence:
    """Azure's recurrence as ours. Raises ApiError 400."""
    times = posted.get("Schedule") or {}
    frequency = str(posted.get("Frequency"))
    days = [WEEK_DAYS[int(d)] if str(d).isdigit() else d for d in times.get("WeekDays") or []]
    try:
        found = Recurrence(
            frequency=FREQUENCIES.get(frequency, frequency),  # type: ignore[arg-type]
            interval=int(posted.get("Interval") or 1),
            start_time=posted.get("StartTime"),
            time_zone=iana(posted.get("TimeZone")),
            hours=[int(hour) for hour in times.get("Hours") or []],
            minutes=[int(minute) for minute in times.get("Minutes") or []],
            week_days=days,
        )
        check(found)
    except (UsageError, ValueError, IndexError) as error:
        raise bad_request(f"The recurrence is not valid: {error}") from None
    return found


def _later(schedule: Document, after: datetime.datetime) -> str:
    """The next fire, or the next look at the data."""
    if schedule.get("Recurrence"):
        created = datetime.datetime.fromisoformat(schedule["CreatedDate"])
        found = next(fire_times(recurrence_of(schedule["Recurrence"]), after, created))
    else:
        minutes = schedule["DataStoreTriggerInfo"].get("PollingInterval") or POLL_MINUTES
        found = after + datetime.timedelta(minutes=float(minutes))
    return found.isoformat()


def _data_path(schedule: Document, blob: str) -> Document:
    trigger = schedule["DataStoreTriggerInfo"]
    name = trigger.get("DataPathParameterName")
    return {name: {"DataStoreName": trigger["DataStoreName"], "RelativePath": blob}} if name else {}
