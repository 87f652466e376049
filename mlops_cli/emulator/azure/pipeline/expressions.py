"""Values of parameters that are worked out as a run begins: `@formatDateTime(utcNow(), 'yyyy-MM-dd')`.

The functions are those of Azure's pipeline parameter expressions. What calls no or another function is a text.
"""

from __future__ import annotations

import ast
import calendar
import datetime
from collections.abc import Callable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from mlops_cli.emulator.azure.pipeline.dotnet_dates import read, write
from mlops_cli.emulator.azure.pipeline.time_zones import iana
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

Functions = dict[str, Callable[..., Any]]
UTC = datetime.UTC


class Trigger(NamedTuple):
    """When a schedule was to begin the run, and when it did."""

    scheduledTime: str  # noqa: N815 - Azure's names
    startTime: str  # noqa: N815


class Context(NamedTuple):
    """What an expression may ask of its run; `scheduled` where a schedule begins it."""

    run_id: str
    user: str
    now: datetime.datetime
    scheduled: datetime.datetime | None = None


def resolved(values: Document, context: Context) -> Document:
    """The values with expressions worked out. Raises ApiError 400 for one whose arguments do not fit."""
    return {name: _value(value, context) for name, value in values.items()}


def _value(value: Any, context: Context) -> Any:
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    functions = _FUNCTIONS | _of_run(context)
    try:
        tree = ast.parse(value[1:].strip(), mode="eval").body
    except SyntaxError:
        return value
    if not isinstance(tree, ast.Call | ast.Attribute) or _called(tree) - functions.keys():
        return value
    try:
        return str(_evaluated(tree, functions))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise bad_request(f"Invalid pipeline parameter expression '{value}': {error}") from None


def _called(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _evaluated(tree: ast.AST, functions: Functions) -> Any:
    match tree:
        case ast.Constant(value=str() | int()):
            return tree.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return functions[name](*(_evaluated(one, functions) for one in arguments))
        case ast.Attribute(value=ast.Call() as call, attr="scheduledTime" | "startTime" as name):
            return getattr(_evaluated(call, functions), name)
    raise ValueError("only functions, texts and whole numbers are known")


def _of_run(context: Context) -> Functions:
    found: Functions = {
        "utcNow": lambda form="o": write(context.now, form),
        "runId": lambda: context.run_id,
        "createdBy": lambda: context.user,
    }
    if context.scheduled:
        scheduled = context.scheduled.astimezone(UTC)
        found["trigger"] = lambda: Trigger(write(scheduled), write(context.now))
    return found


def _moved(timestamp: str, amount: int, unit: str, form: str = "o") -> str:
    moment, name = read(timestamp), f"{unit.lower()}s"
    if name in ("months", "years"):
        months = moment.month - 1 + amount * (12 if name == "years" else 1)
        year, month = moment.year + months // 12, months % 12 + 1
        day = min(moment.day, calendar.monthrange(year, month)[1])
        return write(moment.replace(year=year, month=month, day=day), form)
    return write(moment + datetime.timedelta(**{name: amount}), form)


def _in_zone(timestamp: str, source: str, target: str, form: str = "o") -> str:
    """As the clocks of another zone show it."""
    local = read(timestamp).replace(tzinfo=ZoneInfo(iana(source)))
    return write(local.astimezone(ZoneInfo(iana(target))), form)


def _start(timestamp: str, form: str = "o", **zeros: Any) -> str:
    return write(read(timestamp).replace(minute=0, second=0, microsecond=0, **zeros), form)


_FUNCTIONS: Functions = {
    "addToTime": _moved,
    "subtractFromTime": lambda timestamp, amount, *rest: _moved(timestamp, -amount, *rest),
    "addDays": lambda timestamp, amount, *form: _moved(timestamp, amount, "Day", *form),
    "addHours": lambda timestamp, amount, *form: _moved(timestamp, amount, "Hour", *form),
    "addMinutes": lambda timestamp, amount, *form: _moved(timestamp, amount, "Minute", *form),
    "addSeconds": lambda timestamp, amount, *form: _moved(timestamp, amount, "Second", *form),
    "convertFromUtc": lambda timestamp, zone, *form: _in_zone(timestamp, "UTC", zone, *form),
    "convertToUtc": lambda timestamp, zone, *form: _in_zone(timestamp, zone, "UTC", *form),
    "convertTimeZone": _in_zone,
    "dayOfMonth": lambda timestamp: read(timestamp).day,
    "dayOfWeek": lambda timestamp: read(timestamp).isoweekday() % 7,
    "dayOfYear": lambda timestamp: read(timestamp).timetuple().tm_yday,
    "formatDateTime": lambda timestamp, form="o": write(read(timestamp), form),
    "startOfDay": lambda timestamp, *form: _start(timestamp, *form, hour=0),
    "startOfHour": _start,
    "startOfMonth": lambda timestamp, *form: _start(timestamp, *form, day=1, hour=0),
}
