"""When a published pipeline is run: by the clock, or when data changes."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from mlops_cli.domain.pipelines import DataInput

Frequency = Literal["Minute", "Hour", "Day", "Week", "Month"]
WeekDay = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEK_DAYS: tuple[WeekDay, ...] = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)


class Cron(Struct, omit_defaults=True, tag_field="kind", tag="cron"):
    """Five fields (minute, hour, day, month, week day) in the wall time of `time_zone`, an IANA name."""

    expression: str
    time_zone: str = "UTC"


class Recurrence(Struct, omit_defaults=True, tag_field="kind", tag="recurrence"):
    """Azure's ScheduleRecurrence. `start_time` is wall time (ISO 8601, no offset); when absent the creation.

    `hours` and `minutes` go with Day and Week, `week_days` with Week.
    """

    frequency: Frequency
    interval: Annotated[int, Meta(ge=1)] = 1
    start_time: str | None = None
    time_zone: str = "UTC"
    hours: list[Annotated[int, Meta(ge=0, le=23)]] = field(default_factory=list)
    minutes: list[Annotated[int, Meta(ge=0, le=59)]] = field(default_factory=list)
    week_days: list[WeekDay] = field(default_factory=list)


class DataChange(Struct, omit_defaults=True, tag_field="kind", tag="data"):
    """A change below `path`, or a new version of `dataset`, looked for every `poll_minutes`.

    The run gets the changed data as its data `parameter`, where one is named.
    """

    path: str | None = None
    dataset: str | None = None
    poll_minutes: Annotated[float, Meta(gt=0)] = 5.0
    parameter: str | None = None


When = Cron | Recurrence | DataChange


class Schedule(Struct, omit_defaults=True):
    """Runs `pipeline` (its default version unless `version` is given) at the times of `when`.

    `next_due` is the next fire, or the next look at the data (ISO 8601, UTC); `seen` what the data were then.
    With `catch_up` one run makes up for fires missed while nothing was there to start it.
    """

    name: str
    pipeline: str
    when: When
    created_at: str
    version: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    data: dict[str, DataInput] = field(default_factory=dict)
    experiment: str | None = None
    enabled: bool = True
    catch_up: bool = True
    next_due: str | None = None
    seen: str | None = None


class Fire(Struct, omit_defaults=True):
    """One time that a schedule was due: the run it started, or why it could not. `missed` came before it."""

    schedule: str
    due: str
    fired_at: str
    run_id: str | None = None
    error: str | None = None
    missed: int = 0


def in_words(when: When) -> str:
    """The schedule for people."""
    match when:
        case Cron():
            return f"cron '{when.expression}' {when.time_zone}"
        case DataChange():
            return f"when {when.path or f'dataset {when.dataset}'} changes, every {when.poll_minutes:g} min"
    every = (
        f"every {when.interval} {when.frequency.lower()}s" if when.interval > 1 else when.frequency.lower()
    )
    parts = [every if when.interval > 1 else f"every {every}"]
    if when.week_days:
        parts.append("on " + ", ".join(day[:3] for day in when.week_days))
    if when.hours or when.minutes:
        times = [f"{hour:02}:{minute:02}" for hour in when.hours or [0] for minute in when.minutes or [0]]
        parts.append(
            "at " + ", ".join(times) if when.hours else "at minute " + ", ".join(map(str, when.minutes))
        )
    return " ".join([*parts, when.time_zone])
