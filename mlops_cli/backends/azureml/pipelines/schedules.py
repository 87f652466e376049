"""Schedules of the workspace. Azure keeps our own description of each beside its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from mlops_cli.backends.azureml.pipelines import cron
from mlops_cli.backends.azureml.pipelines.build import plain
from mlops_cli.backends.azureml.pipelines.publishing import Publishing
from mlops_cli.backends.azureml.pipelines.versions import MARK, Versions, chosen
from mlops_cli.backends.azureml.pipelines.zones import windows
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.parameters import assigned
from mlops_cli.domain.pipelines import experiment_of
from mlops_cli.domain.publishing import PublishedPipeline, check_enabled
from mlops_cli.domain.schedules import Cron, DataChange, Fire, Schedule
from mlops_cli.engine.pipelines.calendar import check, fire_times
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.pipeline.core import Schedule as AzureSchedule

DELETED = f"{MARK}deleted"
PLACE = re.compile(r"azureml://datastores/(?P<store>\w+)/paths/(?P<path>.+)")


class Schedules:
    """Azure never forgets a schedule: one that is deleted is switched off and says so."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, schedule: Schedule) -> Schedule:
        """Raises UsageError for what Azure cannot do, NotFoundError without the pipeline."""
        from azureml.pipeline.core import Schedule as Azure

        _check(schedule)
        version = self.rehearse(schedule)
        if any(known.name == schedule.name for known in self.all()):
            hint = f"mlops pipeline schedule delete '{schedule.name}'"
            raise UsageError(f"there is a schedule '{schedule.name}' already", hint=hint)
        given: dict[str, Any] = {
            "experiment_name": schedule.experiment or experiment_of(schedule.pipeline),
            "description": MARK + msgspec.json.encode(schedule).decode(),
            "pipeline_parameters": self._given(schedule, version) or None,
            **self._when(schedule),
        }
        workspace = self._session.workspace
        if schedule.version is not None:
            Azure.create(workspace, schedule.name, pipeline_id=version.id, **given)
        else:
            endpoint = Versions(self._session).endpoint(schedule.pipeline)
            Azure.create_for_pipeline_endpoint(workspace, schedule.name, endpoint.id, **given)
        return _armed(schedule)

    def _given(self, schedule: Schedule, version: PublishedPipeline) -> dict[str, Any]:
        """Parameters, and data as the datasets that they are now."""
        data = chosen(self._session, version, schedule.data)
        values = {name: plain(value) for name, value in schedule.parameters.items()}
        return values | {name: dataset for name, (dataset, _) in data.items()}

    def _when(self, schedule: Schedule) -> dict[str, Any]:
        from azureml.pipeline.core import ScheduleRecurrence, TimeZone

        when = schedule.when
        if isinstance(when, DataChange):
            from azureml.core import Datastore

            store, path = _on_datastore(when)
            found = Datastore.get(self._session.workspace, store)
            minutes = max(1, round(when.poll_minutes))
            return {"datastore": found, "path_on_datastore": path, "polling_interval": minutes}
        if isinstance(when, Cron):
            when = cron.recurrence(when)
        first = upcoming(schedule, datetime.now(UTC), 1)[0].astimezone(ZoneInfo(when.time_zone))
        return {
            "recurrence": ScheduleRecurrence(
                when.frequency,
                when.interval,
                start_time=first.replace(tzinfo=None),
                time_zone=TimeZone(windows(when.time_zone)),
                hours=when.hours or None,
                minutes=when.minutes or None,
                week_days=when.week_days or None,
            )
        }

    def rehearse(self, schedule: Schedule) -> PublishedPipeline:
        """The version that a fire would run. Raises what would keep it from that."""
        known = Versions(self._session).all(Versions(self._session).endpoint(schedule.pipeline))
        found = next(one for one in known if one.is_default)
        if schedule.version is not None:
            found = Publishing(self._session).version(schedule.pipeline, schedule.version)
        check_enabled(found)
        assigned(found.parameters, schedule.parameters)
        return found

    def all(self) -> list[Schedule]:
        found = [_told(one) for one in self._azures()]
        return sorted((one for one in found if one), key=lambda schedule: schedule.name)

    def get(self, name: str) -> Schedule:
        """Raises NotFoundError."""
        found = next((one for one in self.all() if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self.all()) or "there is none yet"
            hint = "see: mlops pipeline schedule list"
            raise NotFoundError(f"no schedule '{name}'; there is: {known}", hint=hint)
        return found

    def fires(self, name: str) -> list[Fire]:
        """The runs that it started, newest first."""
        fired = []
        for run in self._azure(name).get_pipeline_runs():
            at = run.get_details().get("startTimeUtc") or ""
            fired.append(Fire(name, at, at, run.id))
        return sorted(fired, key=lambda fire: fire.fired_at, reverse=True)

    def set_enabled(self, name: str, enabled: bool) -> Schedule:
        azure = self._azure(name)
        azure.enable() if enabled else azure.disable()
        return self.get(name)

    def delete(self, name: str) -> None:
        azure = self._azure(name)
        azure.disable()
        azure.update(description=DELETED)

    def _azure(self, name: str) -> AzureSchedule:
        self.get(name)
        return next(one for one in self._azures() if one.name == name and _told(one))

    def _azures(self) -> list[AzureSchedule]:
        from azureml.pipeline.core import Schedule as Azure

        return list(Azure.list(self._session.workspace, active_only=False))


def upcoming(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    """The next fire times behind `after` (UTC); none for a change of data."""
    if isinstance(schedule.when, DataChange):
        return []
    created = datetime.fromisoformat(schedule.created_at)
    return list(islice(fire_times(schedule.when, after, created), count))


def _check(schedule: Schedule) -> None:
    when = schedule.when
    check(when)
    if isinstance(when, DataChange):
        _on_datastore(when)
    else:
        windows(when.time_zone)
    if isinstance(when, Cron):
        cron.recurrence(when)


def _on_datastore(when: DataChange) -> tuple[str, str]:
    """Datastore and path. Raises UsageError for what Azure does not look at."""
    found = PLACE.fullmatch(when.path or "")
    if found is None or when.parameter:
        hint = "--on-change azureml://datastores/NAME/paths/PATH, without --data-parameter"
        raise UsageError(
            "Azure looks for changes below a path of a datastore, and hands no data on", hint=hint
        )
    return found["store"], found["path"]


def _told(azure: AzureSchedule) -> Schedule | None:
    """None for a schedule that is deleted, or that something else made."""
    text = azure.description or ""
    if not text.startswith(MARK) or text == DELETED:
        return None
    found = msgspec.json.decode(text.removeprefix(MARK), type=Schedule)
    found.enabled = azure.status == "Active"
    return _armed(found)


def _armed(schedule: Schedule) -> Schedule:
    following = upcoming(schedule, datetime.now(UTC), 1) if schedule.enabled else []
    schedule.next_due = following[0].isoformat().replace("+00:00", "Z") if following else None
    return schedule
