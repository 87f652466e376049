"""Limits such as p95<250ms, errors<0.1% or rps>200."""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from mlops_cli.errors import UsageError

_FORM = re.compile(r"\s*([a-z]+)(\d+(?:\.\d+)?)?\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*(%|ms|us|s|/s)?\s*")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TO_MS = {"us": 1e-3, "ms": 1.0, "s": 1e3}
_TIMES = ("mean", "max", "min", "p")
_COUNTS = (("errors", "%"), ("errors", None), ("failures", None), ("rps", None), ("rps", "/s"))


@dataclass(frozen=True, slots=True)
class Gate:
    """`metric` is p (with `percent`), mean, max, min, errors, failures or rps; `limit` is in ms, % or per s."""

    text: str
    metric: str
    percent: float | None
    sign: str
    limit: float

    @property
    def is_latency(self) -> bool:
        return self.metric in _TIMES

    def holds(self, value: float | None) -> bool:
        return value is not None and not math.isnan(value) and _COMPARE[self.sign](value, self.limit)


def parse(text: str) -> Gate:
    """One gate. Raises UsageError with the forms there are."""
    match = _FORM.fullmatch(text.lower())
    if not match:
        raise _wrong(text)
    metric, percent, sign, number, unit = match.groups()
    limit = float(number)
    if metric in _TIMES and (metric == "p") == (percent is not None) and unit in _TO_MS:
        if percent and not 0 < float(percent) <= 100:
            raise _wrong(text)
        limit *= _TO_MS[unit]
    elif percent is not None or (metric, unit) not in _COUNTS:
        raise _wrong(text)
    elif (metric, unit) == ("errors", None):
        metric = "failures"
    return Gate(text.strip(), metric, float(percent) if percent else None, sign, limit)


def parse_all(texts: list[str] | tuple[str, ...]) -> list[Gate]:
    """Gates from several options; one option may hold several, separated by commas."""
    return [parse(part) for text in texts for part in text.split(",") if part.strip()]


def _wrong(text: str) -> UsageError:
    hint = "write p95<250ms, mean<1s, max<2s, errors<0.1%, errors<5 or rps>200"
    return UsageError(f"'{text}' is not a gate", hint=hint)
