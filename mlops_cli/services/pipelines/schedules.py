"""What `pipeline schedule` means on any backend."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from mlops_cli.backends.base import PipelineBackend
from mlops_cli.domain.pipeline_graph import PIPELINE_NAME
from mlops_cli.domain.pipeline_runs import SubmitRequest
from mlops_cli.domain.schedules import DataChange, Fire, Schedule, When, in_words
from mlops_cli.domain.wall_time import first_instant
from mlops_cli.errors import MlopsError, NotFoundError, UsageError

SHOWN_FIRES = 5
FIRST_YEAR, LAST_YEAR = 1970, 2100
LOCALTIME = Path("/etc/localtime")


def new(name: str, pipeline: str, version: int | None, when: When, request: SubmitRequest) -> Schedule:
    """A schedule to add. Raises UsageError unless `name` can be one."""
    if not PIPELINE_NAME.fullmatch(name):
        hint = "use letters, digits, spaces, '_', '-' and '.', at most 100"
        raise UsageError(f"'{name}' cannot be the name of a schedule", hint=hint)
    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Schedule(
        name,
        pipeline,
        when,
        created,
        version=version,
        parameters=request.parameters,
        data=request.data,
        experiment=request.experiment,
    )


def silence(backend: PipelineBackend, schedules: Sequence[Schedule]) -> str | None:
    """Why nothing fires though schedules are enabled; None where it does."""
    if not any(one.enabled for one in schedules):
        return None
    try:
        fires = backend.server("status").running
    except UsageError:  # somebody else's clock
        fires = True
    return (
        None if fires else "nothing fires: the pipeline server is not running (mlops pipeline server start)"
    )


def document(backend: PipelineBackend, schedule: Schedule, now: datetime | None = None) -> dict[str, Any]:
    """The schedule as scripts read it, with its next fires and its last one."""
    fires = backend.fires(schedule.name)
    names = [name for name in schedule.__struct_fields__ if name != "seen"]
    return {name: msgspec.to_builtins(getattr(schedule, name)) for name in names} | {
        "next_fires": next_fires(backend, schedule, now or datetime.now(UTC)) if schedule.enabled else [],
        "last": fire_document(backend, fires[0]) if fires else None,
    }


def next_fires(
    backend: PipelineBackend, schedule: Schedule, after: datetime, count: int = SHOWN_FIRES
) -> list[dict[str, str]]:
    """The next fire times, in the schedule's own time zone and in UTC."""
    zone = zone_of(schedule)
    return [
        {"local": moment.astimezone(zone).isoformat(), "utc": moment.isoformat().replace("+00:00", "Z")}
        for moment in backend.upcoming(schedule, after, count)
    ]


def fire_document(backend: PipelineBackend, fire: Fire) -> dict[str, Any]:
    status = None
    if fire.run_id:
        try:
            status = str(backend.get(fire.run_id).status)
        except NotFoundError:
            status = "gone"
    return {name: getattr(fire, name) for name in fire.__struct_fields__} | {"status": status}


def rehearse(backend: PipelineBackend, schedule: Schedule, at: str) -> dict[str, Any]:
    """What would happen at a moment (ISO 8601; without an offset in the schedule's time zone)."""
    moment = parse(at, zone_of(schedule))
    before = moment.replace(second=0, microsecond=0)
    fires = backend.upcoming(schedule, datetime.fromtimestamp(before.timestamp() - 1, UTC), 1) == [before]
    try:
        version, problem = backend.rehearse(schedule).version, None
    except MlopsError as error:
        version, problem = None, error.message
    return {
        "name": schedule.name,
        "at": {"local": moment.astimezone(zone_of(schedule)).isoformat(), "utc": moment.isoformat()},
        "fires": fires and schedule.enabled,
        "enabled": schedule.enabled,
        "would_run": {"pipeline": schedule.pipeline, "version": version, "problem": problem},
        "next_fires": next_fires(backend, schedule, moment),
    }


def parse(text: str, zone: ZoneInfo) -> datetime:
    """A moment as a schedule takes it: a wall time that the clocks skip is that at which they go on."""
    try:
        moment = datetime.fromisoformat(text)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError
    except ValueError:
        hint = f"as in 2026-03-29T06:30 or with Z behind it, from {FIRST_YEAR} to {LAST_YEAR}"
        raise UsageError(f"'{text}' is not a moment", hint=hint) from None
    return moment.astimezone(UTC) if moment.tzinfo else first_instant(moment, zone)


def zone_of(schedule: Schedule) -> ZoneInfo:
    return ZoneInfo("UTC" if isinstance(schedule.when, DataChange) else schedule.when.time_zone)


def words(schedule: Schedule) -> str:
    return in_words(schedule.when)


def local_zone(environ: Mapping[str, str]) -> str:
    """The IANA name of this machine's time zone; UTC when it has none."""
    named = environ.get("TZ", "").lstrip(":") or os.path.realpath(LOCALTIME).partition("zoneinfo/")[2]
    try:
        return ZoneInfo(named).key if named else "UTC"
    except (KeyError, ValueError, OSError):
        return "UTC"
