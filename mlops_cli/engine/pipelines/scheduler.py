"""Firing schedules. The time is given from outside, so that it may as well be another than now.

A fire is the run whose id comes of the schedule and the due time: a scheduler that is killed between starting
the run and writing that down starts no second one. Several fires missed in a row are made up for by one run.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from mlops_cli.domain.pipeline_runs import PipelineRun, SubmitRequest
from mlops_cli.domain.pipelines import DataInput
from mlops_cli.domain.publishing import PublishedPipeline
from mlops_cli.domain.schedules import DataChange, Fire, Schedule
from mlops_cli.engine.pipelines import publishing, triggering, watching
from mlops_cli.engine.pipelines.calendar import check, fire_times
from mlops_cli.engine.store import Store
from mlops_cli.errors import MlopsError, UsageError

MOST_MISSED = 1000
LATE = timedelta(minutes=1)

log = logging.getLogger("mlops.pipelines")


def add(store: Store, schedule: Schedule, now: datetime) -> Schedule:
    """Put the schedule into the store; it fires for the first time after `now`.

    Raises UsageError for what is wrong with it, NotFoundError without its pipeline.
    """
    check(schedule.when)
    version = triggering.rehearse(store, schedule.pipeline, schedule.version, request_of(schedule))
    _check_data(store, schedule, version)
    _arm(store, schedule, now)
    store.schedules.add(schedule)
    return schedule


def _check_data(store: Store, schedule: Schedule, version: PublishedPipeline) -> None:
    """Raises UsageError for data that are not here, or would be passed as what the pipeline does not have."""
    if isinstance(schedule.when, DataChange) and "://" in (schedule.when.path or ""):
        hint = "--on-change PATH of a file or folder, or a profile with backend: azureml"
        raise UsageError(f"{schedule.when.path} is not on this machine", hint=hint)
    name = schedule.when.parameter if isinstance(schedule.when, DataChange) else None
    known = publishing.content_of(store, version).definition.document.get("data", {})
    if name and name not in known:
        have = ", ".join(known) or "it has none"
        raise UsageError(f"the pipeline has no data '{name}'; there is: {have}")


def set_enabled(store: Store, name: str, enabled: bool, now: datetime) -> Schedule:
    """Switch it on or off; what would have fired in between is not made up for."""

    def change(schedule: Schedule) -> None:
        if enabled and not schedule.enabled:
            _arm(store, schedule, now)
        schedule.enabled = enabled

    store.schedules.get(name)
    return store.schedules.update(name, change)


def upcoming(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    """The next fire times; none for a change of data."""
    if isinstance(schedule.when, DataChange):
        return []
    return list(islice(fire_times(schedule.when, after, parse(schedule.created_at)), count))


def put_back(store: Store, now: datetime) -> None:
    """Where the clock was ahead, what is due too late comes when it should; what has fired has its run."""

    def change(schedule: Schedule) -> None:
        due = _next_due(schedule, now)
        if due and (schedule.next_due is None or parse(due) < parse(schedule.next_due)):
            schedule.next_due = due

    for schedule in store.schedules.all():
        if schedule.enabled:
            with _told(schedule):
                store.schedules.update(schedule.name, change)


def tick(store: Store, now: datetime) -> None:
    """Fire everything that is due at `now`."""
    for schedule in store.schedules.all():
        if schedule.enabled and schedule.next_due and parse(schedule.next_due) <= now:
            with _told(schedule):
                _look(store, schedule, now) if isinstance(schedule.when, DataChange) else _ring(
                    store, schedule, now
                )


@contextmanager
def _told(schedule: Schedule) -> Iterator[None]:
    """What goes wrong with one schedule is told, and keeps no other from its time."""
    try:
        yield
    except (MlopsError, OSError) as error:
        log.error("schedule %s: %s", schedule.name, error)


def _ring(store: Store, schedule: Schedule, now: datetime) -> None:
    assert not isinstance(schedule.when, DataChange)
    due = parse(str(schedule.next_due))
    created = parse(schedule.created_at)
    later = list(islice(takewhile(lambda t: t <= now, fire_times(schedule.when, due, created)), MOST_MISSED))
    last = later[-1] if later else due
    fire = Fire(schedule.name, text(last), text(now), missed=len(later))
    if schedule.catch_up or now - last <= LATE:
        _fire(store, schedule, fire, fire.due, {})
    else:
        fire.missed += 1
        fire.error = "missed: nothing was there to start it"
    _record(store, schedule, fire, next(fire_times(schedule.when, max(last, now), created), None))


def _look(store: Store, schedule: Schedule, now: datetime) -> None:
    """Compare the data with what they were; a change counts once it has settled."""
    assert isinstance(schedule.when, DataChange)
    seen = watching.state(store, schedule.when)
    then = now + timedelta(minutes=schedule.when.poll_minutes)
    if seen == schedule.seen:
        return _record(store, schedule, None, then)
    if not watching.is_settled(schedule.when, now):
        return _record(store, schedule, None, now + timedelta(seconds=watching.SETTLE_SECONDS))
    fire = Fire(schedule.name, text(now), text(now))
    name = schedule.when.parameter
    _fire(store, schedule, fire, seen, {name: watching.data(schedule.when, seen)} if name else {})
    schedule.seen = seen
    return _record(store, schedule, fire, then)


def _fire(store: Store, schedule: Schedule, fire: Fire, what: str, data: dict[str, DataInput]) -> None:
    digest = hashlib.sha256(f"{schedule.name}\0{schedule.created_at}\0{what}".encode()).hexdigest()
    request = request_of(schedule)
    request.run_id = f"Pipeline_{digest[:12]}"
    request.data |= data

    def start() -> PipelineRun:
        version = triggering.by_name(store, schedule.pipeline, schedule.version)
        return triggering.trigger(store, version, request)

    try:
        fire.run_id = triggering.insist(start).run_id
        log.info("schedule %s started %s", schedule.name, fire.run_id)
    except MlopsError as error:
        fire.error = error.message
        log.error("schedule %s could not start its pipeline: %s", schedule.name, error.message)


def _record(store: Store, schedule: Schedule, fire: Fire | None, then: datetime | None) -> None:
    def change(stored: Schedule) -> None:
        stored.next_due = text(then) if then else None
        stored.seen = schedule.seen

    store.schedules.update(schedule.name, change, fire)


def _arm(store: Store, schedule: Schedule, now: datetime) -> None:
    if isinstance(schedule.when, DataChange):
        schedule.seen = watching.state(store, schedule.when)
    schedule.next_due = _next_due(schedule, now)


def _next_due(schedule: Schedule, now: datetime) -> str | None:
    if isinstance(schedule.when, DataChange):
        return text(now + timedelta(minutes=schedule.when.poll_minutes))
    first = next(fire_times(schedule.when, now, parse(schedule.created_at)), None)
    return text(first) if first else None


def request_of(schedule: Schedule) -> SubmitRequest:
    return SubmitRequest(
        schedule.experiment,
        dict(schedule.parameters),
        dict(schedule.data),
        source="schedule",
        schedule=schedule.name,
    )


def parse(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
