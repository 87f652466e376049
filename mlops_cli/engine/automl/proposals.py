"""The order in which the search tries things: proven settings first, then random ones and neighbours of the best.

Trial i is a function of the table, the seed, i and what came LAG trials and more before it, so that a resumed or a
parallel search tries the very same things.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.portfolio import Candidate
from mlops_cli.engine.automl.spaces import anywhere, near, space_of

LAG = 4
_NEAR = 0.6
_ONE_BETTER = 0.5
"""Of the best ones the next neighbour's base: the first half of the time, the second a quarter of it, ..."""
_BOOSTERS = ("LightGBM", "XGBoost")
_SLOWER = {0: 2.0, 4: 3.0}
"""So many places after the portfolio the best booster tries steps that are so many times smaller."""
_USUAL_RATE, _LEAST_RATE = 0.1, 0.01


class Seen(NamedTuple):
    """A trial that has ended, the best the smallest. `answers` (n, k) are those for the judging rows."""

    loss: float
    place: int
    algorithm: str
    parameters: Parameters
    answers: np.ndarray | None = None


def candidate(
    index: int, seed: int, first: list[Candidate], names: list[str], seen: Sequence[Seen]
) -> Candidate:
    """What trial `index` tries: `first` is the portfolio, `seen` has ended long enough ago."""
    if index < len(first):
        return first[index]
    by = _SLOWER.get(index - len(first))
    boosted = [s for s in seen if s.algorithm.startswith(_BOOSTERS)]
    if by and boosted:
        best = min(boosted, key=lambda s: s[:2])
        return best.algorithm, _slower(best.parameters, by)
    random = np.random.default_rng([seed, index])
    if seen and random.random() < _NEAR:
        ranked = sorted(seen, key=lambda s: s[:2])
        base = ranked[min(int(random.geometric(_ONE_BETTER)), len(ranked)) - 1]
        return base.algorithm, _changed(base.algorithm, base.parameters, random)
    boosters = [n for n in names if n.startswith(_BOOSTERS)]
    name = str(random.choice(boosters or names))
    if boosters:
        sampled = {"bagging_freq": 1} if name == "LightGBM" else {}
        return name, anywhere(name, random) | sampled
    return name, _changed(name, next(p for n, p in first if n == name), random)


def _slower(parameters: Parameters, by: float) -> Parameters:
    """Smaller steps, and more of them: boosting gains by it nearly always, and takes as much longer."""
    key = "eta" if "eta" in parameters else "learning_rate"
    usual = float(parameters.get(key, _USUAL_RATE))
    return parameters | {key: float(f"{max(min(usual, _LEAST_RATE), usual / by):.3g}")}


def _changed(name: str, base: Parameters, random: np.random.Generator) -> Parameters:
    if space_of(name):
        return near(name, base, random)
    return {key: _vary(value, random) for key, value in base.items()}


def _vary(value: Any, random: np.random.Generator) -> Any:
    """A number times a factor between 1/3 and 3; a share stays below 1, a count stays whole."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    changed = float(f"{value * np.exp(random.uniform(-np.log(3), np.log(3))):.3g}")
    return max(1, round(changed)) if isinstance(value, int) else min(changed, 0.99)
