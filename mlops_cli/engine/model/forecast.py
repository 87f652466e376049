"""A trained forecaster: rows of the future in, one number per row out."""

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple, Union, cast

import numpy as np

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.model.ensembles import Stack, Vote
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.forecasters import Forecaster, recur
from mlops_cli.engine.model.periods import Periods
from mlops_cli.engine.model.values import parse_date, to_key
from mlops_cli.errors import DataError

if TYPE_CHECKING:
    import pandas

Rows = Union[Sequence[dict[str, Any]], "pandas.DataFrame"]
MOST_PERIODS = 10_000


class Window(NamedTuple):
    """What is known of some series: `values` (n, periods), `known` (n, periods, k), which `series` they are."""

    values: np.ndarray
    known: np.ndarray
    series: np.ndarray


class ForecastModel:
    """Knows the last values of every series (`history`, (series, periods) from period `first` on).

    Columns known beforehand are taken from the rows; for periods without a row the last known ones hold. A row
    within the history gets what would have been forecast one period before. A series never seen gets the mean.
    """

    def __init__(
        self,
        schema: ModelSchema,
        periods: Periods,
        date_format: str,
        encoder: Encoder,
        series: dict[tuple[str | None, ...], int],
        history: np.ndarray,
        known: np.ndarray,
        first: int,
        members: list[Forecaster],
        mix: Vote | Stack,
    ) -> None:
        self.schema = schema
        self.periods = periods
        self.date_format = date_format
        self.encoder = encoder
        self.series = series
        self.history = history
        self.known = known
        self.first = first
        self.members = members
        self.mix = mix

    def predict(self, rows: Rows, actuals: np.ndarray | None = None) -> list[float]:
        """A value per row, in the order of the rows. Raises DataError for a time that cannot be read.

        `actuals` are the values of rows that have come meanwhile, NaN for the others, which go on from them.
        """
        if not len(rows):
            return []
        window, place, at = self.window(rows)
        if actuals is not None:
            come = ~np.isnan(actuals)
            window.values[place[come], at[come]] = actuals[come]
        return self._forecast(window, place, at).tolist()

    def spread(self) -> float:
        """The usual error one period ahead, in the later half of the history."""
        start = self.history.shape[1] // 2
        mixed = self._mixed(Window(self.history, self.known, np.arange(len(self.history))), start)
        return float(np.sqrt(np.nanmean((self.history[:, start:] - mixed) ** 2)))

    def window(self, rows: Rows) -> tuple[Window, np.ndarray, np.ndarray]:
        """All that is known of the series asked for; of each row its place in the window, and its period there."""
        records = _records(rows)
        at = np.array([self._position(i, row) for i, row in enumerate(records)])
        which = np.array([self.series.get(self._key(row), len(self.series)) for row in records])
        asked, place = np.unique(which, return_inverse=True)
        values, known = self._future(asked, int(at.max()) + 1)
        known[place, at] = self.encoder.matrix(records)
        return Window(values, known, asked), place, at

    def answer(self, rows: Rows) -> dict[str, Any]:
        """What the scoring service sends: the forecasts and the rows that they are for, dates as milliseconds."""
        records = _records(rows)
        return {"forecast": self.predict(records), "index": [self._index(row) for row in records]}

    def importances(self) -> dict[str, float]:
        """Nothing for raw columns: lags and calendar carry the forecast."""
        return {}

    def _forecast(self, window: Window, rows: np.ndarray, at: np.ndarray) -> np.ndarray:
        ends = [int(np.flatnonzero(~np.isnan(v)).max(initial=-1)) + 1 for v in window.values]
        start = min(min(ends), int(at.min()))
        found = self._mixed(window, start)[rows, at - start]
        return np.where(np.isnan(found), np.nanmean(self.history), found)

    def _mixed(self, window: Window, start: int) -> np.ndarray:
        """What the members together forecast of the periods from `start` on."""
        values, known, asked = window
        answers = [recur(member, values, known, start, asked) for member in self.members]
        return self.mix.combine([a.reshape(-1, 1) for a in answers]).reshape(answers[0].shape)

    def _future(self, asked: np.ndarray, periods: int) -> tuple[np.ndarray, np.ndarray]:
        """History of the asked series, lengthened by empty values and by the last known columns."""
        history = np.vstack([self.history, np.nanmean(self.history, axis=0)])[asked]
        known = np.concatenate([self.known, self.known[:1]])[asked]
        more = max(0, periods - history.shape[1])
        values = np.pad(history, ((0, 0), (0, more)), constant_values=np.nan)
        return values, np.concatenate([known, np.repeat(known[:, -1:], more, axis=1)], axis=1)

    def _position(self, number: int, row: dict[str, Any]) -> int:
        name = str(self.schema.time_column)
        moment = parse_date(row.get(name), self.date_format)
        if moment is None:
            raise DataError(f"row {number}: column '{name}' holds no date: {row.get(name)!r}")
        position = self.periods.number(moment) - self.first
        if position - self.history.shape[1] > MOST_PERIODS:
            raise DataError(f"row {number}: {row.get(name)} is too far in the future")
        return max(position, 0)

    def _key(self, row: dict[str, Any]) -> tuple[str | None, ...]:
        return tuple(to_key(row.get(name)) for name in self.schema.grain_columns)

    def _index(self, row: dict[str, Any]) -> dict[str, Any]:
        name = str(self.schema.time_column)
        moment = parse_date(row.get(name), self.date_format)
        milliseconds = int(moment.replace(tzinfo=UTC).timestamp() * 1000) if moment else None
        return {name: milliseconds} | {grain: row.get(grain) for grain in self.schema.grain_columns}


def _records(rows: Rows) -> list[dict[str, Any]]:
    return list(rows) if isinstance(rows, Sequence) else cast("list[dict[str, Any]]", rows.to_dict("records"))
