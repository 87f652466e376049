"""Which trial's model a search leaves behind.

The primary metric of a few hundred rows is noisy, and what is the best of many is so by luck as well. What loses less
out of fold (log loss, squared error) keeps more of its promise. It is preferred unless the primary metric tells the
two apart: by more than two standard errors of their difference, from a paired bootstrap (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993).
"""

import numpy as np

from mlops_cli.engine.automl.selection import loss_of
from mlops_cli.engine.automl.trials import Bench, Outcome, Trial

_ERRORS = 2.0
_SAMPLES = 30
_LEAST_ROWS = 200
_MOST_ROWS, _MOST_CELLS = 2_000, 25_000
"""In a sample, and rows times classes; the error of more rows follows from theirs."""


class Chooser:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._known: dict[tuple[int, int], bool] = {}

    def first(self, ranking: list[Outcome]) -> list[Outcome]:
        """`ranking`, best by the primary metric first, with the one to leave behind moved to its head."""
        if not ranking:
            return []
        losses = {o.trial.iteration: loss_of(self.bench, o) for o in ranking}
        top = ranking[0]
        lighter = [o for o in ranking if losses[o.trial.iteration] < losses[top.trial.iteration]]
        lighter.sort(key=lambda o: losses[o.trial.iteration])
        chosen = next((o for o in lighter if self._is_as_good(o, top)), top)
        return [chosen, *(o for o in ranking if o is not chosen)]

    def reason(self, best: Trial, top: Trial) -> str:
        """Why it was preferred to `top`, the best by the primary metric; empty when it was not."""
        if not self._known.get((best.iteration, top.iteration)):
            return ""
        return (
            f"the model is of trial {best.iteration}, {best.algorithm}: on {self.bench.metric} chance explains all "
            f"that trial {top.iteration}, {top.algorithm}, is better by, and out of fold it loses less"
        )

    def _is_as_good(self, other: Outcome, top: Outcome) -> bool:
        pair = other.trial.iteration, top.trial.iteration
        if pair not in self._known:
            gap = abs(top.trial.metrics[self.bench.metric] - other.trial.metrics[self.bench.metric])
            self._known[pair] = gap <= _ERRORS * self._error(other.answers, top.answers)
        return self._known[pair]

    def _error(self, one: np.ndarray, two: np.ndarray) -> float:
        """The standard error of the difference of the primary metric."""
        count = len(self.bench.y)
        size = min(count, _MOST_ROWS, max(_LEAST_ROWS, _MOST_CELLS // max(1, self.bench.classes)))
        random = np.random.default_rng(self.bench.settings.seed)
        score = self.bench.score
        samples = [random.integers(0, count, size) for _ in range(_SAMPLES)]
        differences = [score(one[rows], rows) - score(two[rows], rows) for rows in samples]
        known = [difference for difference in differences if np.isfinite(difference)]
        return float(np.std(known)) * (size / count) ** 0.5 if known else 0.0
