"""Rows of one or many series laid out on one line of periods."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mlops_cli.domain.dates import DATE_FORMATS, DATE_NUMBERS
from mlops_cli.domain.training import ForecastSettings
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.periods import Periods
from mlops_cli.engine.model.values import date_format, to_datetime, to_key
from mlops_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas

_SAMPLE = 500
_DAY = 86400
_LEAST_CELLS, _MOST_GAPS = 1_000_000, 100
"""Periods times series, of which a hundredth at least has to have a row."""
_MONTH_LETTERS = {"M": 1, "MS": 1, "ME": 1, "Q": 3, "QS": 3, "QE": 3, "Y": 12, "YS": 12, "YE": 12, "A": 12}


@dataclass(slots=True)
class Timeline:
    """`values` is (series, periods), NaN where there was no row, but for gaps between two rows: those are bridged.
    `seen` (series, periods) says where there was one. `known` (series, periods, k) are the other columns, carried
    forward over gaps. Column 0 is period number 0."""

    periods: Periods
    date_format: str
    series: dict[tuple[str | None, ...], int]
    values: np.ndarray
    seen: np.ndarray
    known: np.ndarray


def read_times(frame: "pandas.DataFrame", name: str) -> tuple[list[datetime], str]:
    """The moments of every row and the format they are written in."""
    column = frame[name]
    texts = [str(v) for v in column.dropna().unique()[:_SAMPLE].tolist()]
    form = "iso" if column.dtype.kind == "M" else date_format(texts, 1.0, _forms(column))
    if form is None:
        raise DataError(f"the time column '{name}' cannot be read as dates, for example {texts[:3]}")
    parsed = {value: to_datetime(value, form) for value in column.unique().tolist()}
    moments = [parsed[value] for value in column.tolist()]
    bad = next((i for i, m in enumerate(moments) if m is None), None)
    if bad is not None:
        raise DataError(f"row {bad + 1}: the time column '{name}' holds no date: {column.iloc[bad]!r}")
    return [m for m in moments if m is not None], form


def _forms(column: "pandas.Series") -> tuple[str, ...]:
    kinds = {"i": DATE_NUMBERS, "f": (), "b": ()}
    return kinds.get(column.dtype.kind, DATE_FORMATS)


def lay_out(
    frame: "pandas.DataFrame", label: np.ndarray, encoder: Encoder, settings: ForecastSettings
) -> Timeline:
    """Raises DataError when a series has two rows of one period."""
    moments, form = read_times(frame, settings.time_column_name)
    keys = _keys(frame, settings.time_series_id_column_names)
    series = {key: i for i, key in enumerate(sorted(set(keys), key=str))}
    periods = periods_of(moments, settings.freq)
    at = np.array([periods.number(m) for m in moments])
    _check_span(len(frame), len(series), int(at.max()) + 1)
    which = np.array([series[key] for key in keys])
    _check_duplicates(which, at, frame, settings)
    values = np.full((len(series), int(at.max()) + 1), np.nan)
    values[which, at] = label
    known = np.full((*values.shape, encoder.width), np.nan, dtype=np.float32)
    known[which, at] = encoder.matrix(frame)
    seen = ~np.isnan(values)
    return Timeline(periods, form, series, _bridge(values), seen, _carry(known))


def _keys(frame: "pandas.DataFrame", names: list[str]) -> list[tuple[str | None, ...]]:
    if not names:
        return [()] * len(frame)
    return list(zip(*([to_key(v) for v in frame[name].tolist()] for name in names), strict=True))


def periods_of(moments: list[datetime], freq: str | None) -> Periods:
    distinct = sorted(set(moments))
    if len(distinct) < 2:
        raise DataError("all rows have the same time")
    if freq:
        return _given(distinct[0], freq)
    gaps = [round((b - a).total_seconds()) for a, b in pairwise(distinct)]
    usual = max(sorted(set(gaps)), key=gaps.count)
    months = Periods(distinct[0], months=max(1, round(usual / _DAY / 30.44)))
    uneven = len(set(gaps)) > 1 or len({m.day for m in distinct}) == 1
    if usual >= 28 * _DAY and uneven and _apart(distinct, months):
        return months
    return Periods(distinct[0], seconds=max(1, usual))


def _apart(moments: list[datetime], periods: Periods) -> bool:
    """Whether each of `moments` has a period of its own."""
    return len({periods.number(moment) for moment in moments}) == len(moments)


def _given(origin: datetime, freq: str) -> Periods:
    from pandas.tseries.frequencies import to_offset

    letters = freq.split("-")[0].upper()
    if letters in _MONTH_LETTERS:
        return Periods(origin, months=_MONTH_LETTERS[letters])
    if letters in ("W", "B"):
        return Periods(origin, seconds=7 * _DAY if letters == "W" else _DAY)
    try:
        offset = to_offset(freq.replace("H", "h").replace("T", "min"))
        return Periods(origin, seconds=max(1, int(offset.nanos // 10**9)))
    except ValueError as error:
        raise UsageError(f"unknown frequency '{freq}'", hint="for example D, W, MS, h or 15min") from error


def _check_span(rows: int, series: int, periods: int) -> None:
    if series * periods > _LEAST_CELLS and series * periods > _MOST_GAPS * rows:
        raise DataError(
            f"{rows} rows of {series} series are spread over {periods} periods: nearly all would be gaps",
            hint="say how long a period is in forecasting.freq, such as h or D",
        )


def _check_duplicates(
    which: np.ndarray, at: np.ndarray, frame: "pandas.DataFrame", settings: ForecastSettings
) -> None:
    cells = which.astype(np.int64) * (int(at.max()) + 1) + at
    order = np.argsort(cells, kind="stable")
    repeated = np.flatnonzero(np.diff(cells[order]) == 0)
    if len(repeated) == 0:
        return
    times = frame[settings.time_column_name]
    one, two = times.iloc[order[repeated[0]]], times.iloc[order[repeated[0] + 1]]
    if one != two:
        raise DataError(
            f"{len(repeated)} rows share a period with another of their series, first {two} with {one}",
            hint="sum up or average the rows of each period, and give forecasting.freq",
        )
    hint = "name the columns that tell series apart in forecasting.time_series_id_column_names"
    raise DataError(f"{len(repeated)} rows repeat a time within their series, first {one}", hint=hint)


def _bridge(values: np.ndarray) -> np.ndarray:
    """Gaps between two values are bridged by a straight line; the ends stay open."""
    for row in values:
        seen = np.flatnonzero(~np.isnan(row))
        inside = slice(seen[0], seen[-1] + 1)
        row[inside] = np.interp(np.arange(seen[0], seen[-1] + 1), seen, row[seen])
    return values


def _carry(known: np.ndarray) -> np.ndarray:
    for t in range(1, known.shape[1]):
        missing = np.isnan(known[:, t])
        known[:, t][missing] = known[:, t - 1][missing]
    return known
