"""What a forecast rests on: the past values, the calendar, the series, the columns known beforehand.

Explained is one step, the last one to the period asked for; the forecasts of the periods before it count as past.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlops_cli.domain.explanation import Explanation
from mlops_cli.engine.model.explain import Contributions, one_row, shares
from mlops_cli.engine.model.forecast import ForecastModel, Rows, Window
from mlops_cli.engine.model.forecasters import Forecaster, Recursive, recur, step_features
from mlops_cli.engine.model.periods import CALENDAR
from mlops_cli.engine.model.shapley import shapley

_SAMPLE = 64
_PAIRS, _PAIRS_A_ROW = 6, 16
_SECONDS = 15.0


class _Steps(NamedTuple):
    """Steps to explain: which row of `values` (n, periods) and `known`, and which period of it."""

    window: Window
    rows: np.ndarray
    at: np.ndarray


def explain_forecast(model: ForecastModel, rows: "Rows") -> Explanation:
    names, groups = _groups(model)
    past = _past(model)
    found = Explanation(shares(names, _contributions(model, groups, past, past, _PAIRS)))
    if len(rows):
        window, which, at = model.window(rows)
        parts = _contributions(model, groups, _Steps(window, which, at), past, _PAIRS_A_ROW)
        values = model.predict(rows)
        found.rows = [
            one_row(value, model.schema.label, value, names, part[:, 0])
            for value, part in zip(values, parts, strict=True)
        ]
    return found


def past_contributions(model: ForecastModel, seconds: float) -> Contributions:
    """For a sample of the steps of the history."""
    names, sources = _groups(model)
    past = _past(model)
    values = _contributions(model, sources, past, past, _PAIRS, seconds)
    return Contributions(names, values, np.array([np.nanmean(model.history)]))


def _groups(model: ForecastModel) -> tuple[list[str], list[str]]:
    """The names to show, and for each feature known beforehand the raw column it comes from."""
    sources = [model.encoder.columns[i].name for i in model.encoder.sources]
    names = [f"past values of {model.schema.label}", str(model.schema.time_column)]
    names += [", ".join(model.schema.grain_columns)] if model.schema.grain_columns else []
    return names + list(dict.fromkeys(sources)), sources


def _past(model: ForecastModel) -> _Steps:
    """A sample of the periods of the history whose value is known, where enough lies before them."""
    first = min(max(member.reach for member in model.members), model.history.shape[1] // 2)
    series, periods = np.nonzero(~np.isnan(model.history[:, first:]))
    chosen = np.random.default_rng(0).permutation(len(series))[:_SAMPLE]
    window = Window(model.history, model.known, np.arange(len(model.history)))
    return _Steps(window, series[chosen], periods[chosen] + first)


def _contributions(
    model: ForecastModel,
    sources: list[str],
    steps: _Steps,
    past: _Steps,
    pairs: int,
    seconds: float = _SECONDS,
) -> np.ndarray:
    """(n, groups, 1): a mix of regressions is linear, and so are its contributions."""
    parts = [_of_member(model, member, sources, steps, past, pairs, seconds) for member in model.members]
    return np.asarray(sum(w * part for w, part in zip(model.mix.weights, parts, strict=True)))


def _of_member(
    model: ForecastModel,
    member: Forecaster,
    sources: list[str],
    steps: _Steps,
    past: _Steps,
    pairs: int,
    seconds: float,
) -> np.ndarray:
    names = _groups(model)[0]
    if not isinstance(member, Recursive):
        parts = np.zeros((len(steps.at), len(names), 1))
        parts[:, 0, 0] = _values(member, steps) - _values(member, past).mean()
        return parts
    groups = _positions(member, names, sources, bool(model.schema.grain_columns))

    def answers(features: np.ndarray) -> np.ndarray:
        base = features[:, -1:]
        return member.member.predict(np.ascontiguousarray(features[:, :-1])) * member.unit(base) + base

    return shapley(answers, _features(member, steps), _features(member, past), groups, pairs, seconds)


def _features(member: Recursive, steps: _Steps) -> np.ndarray:
    """The features of each step, and what they are relative to as the last column."""
    filled = _filled(member, steps)
    blocks = []
    for row, at in zip(steps.rows.tolist(), steps.at.tolist(), strict=True):
        one = slice(row, row + 1)
        features, base = step_features(
            member,
            filled[one],
            steps.window.known[one, at : at + 1],
            np.array([at]),
            steps.window.series[one],
        )
        blocks.append(np.append(features[0], base[0]))
    return np.array(blocks, dtype=np.float32)


def _values(member: Forecaster, steps: _Steps) -> np.ndarray:
    filled = _filled(member, steps)
    return np.array(
        [
            member.step(
                filled[row : row + 1],
                steps.window.known[row : row + 1, at],
                at,
                steps.window.series[row : row + 1],
            )[0]
            for row, at in zip(steps.rows.tolist(), steps.at.tolist(), strict=True)
        ]
    )


def _filled(member: Forecaster, steps: _Steps) -> np.ndarray:
    """The values with this member's forecasts where nothing is known yet."""
    values, known, series = steps.window
    ends = [int(np.flatnonzero(~np.isnan(v)).max(initial=-1)) + 1 for v in values]
    start = min(ends)
    if start == values.shape[1]:
        return values
    forecast = recur(member, values, known, start, series)
    later = values[:, start:]
    return np.hstack([values[:, :start], np.where(np.isnan(later), forecast, later)])


def _positions(member: Recursive, names: list[str], sources: list[str], grain: bool) -> list[np.ndarray]:
    """The places of each name among lags, windows, calendar, series, known columns and the base."""
    lagged = len(member.lags) + len(member.windows)
    code = lagged + len(CALENDAR)
    base = code + 1 + len(sources)
    groups = [np.append(np.arange(lagged), base), np.arange(lagged, code + (not grain))]
    groups += [np.array([code])] if grain else []
    columns: Sequence[str] = names[len(groups) :]
    return groups + [np.flatnonzero([s == name for s in sources]) + code + 1 for name in columns]
