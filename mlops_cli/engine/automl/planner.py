"""What to try next, how long it may take, and when it is enough."""

import time
from collections.abc import Callable

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.clock import Clock, Limits
from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.selection import Selection
from mlops_cli.engine.automl.trials import Bench, Outcome

_PATIENCE = 10
_LEAST_GAIN = 0.001
_UNKNOWN_COST = 1.5
_USUAL_PACE = 0.1
_FIRST_SHARE = 0.75
_FIXED_RESERVE = 1.0

Task = tuple[int, str, Parameters, Limits]


class Planner:
    """`stopped` is the reason why nothing more is tried, empty while the search goes on."""

    def __init__(self, bench: Bench, clock: Clock, should_stop: Callable[[], bool]) -> None:
        self.bench = bench
        self.clock = clock
        self.should_stop = should_stop
        self.stopped = ""
        self.closing = False
        self._index = 0
        self._tried: set[int] = set()
        self._seconds: dict[str, list[float]] = {}
        self._losses: list[float] = []
        self._selected: list[Outcome] = []

    def next(self) -> Task | None:
        """The next trial with its limits; None when the search is over."""
        while limits := self._limits():
            index, self._index = self._index, self._index + 1
            if index in self._tried:
                continue
            found = self.bench.candidate(index)
            if found is None:
                self.stop("nothing_left")
                return None
            if limits.soft or time.time() + self._expected(*found) < limits.deadline:
                self._tried.add(index)
                return index, *found, limits
            if index >= self.bench.portfolio_size:
                self.stop("budget")
        return None

    def stop(self, reason: str) -> None:
        self.stopped = self.stopped or reason

    def taken_up(self, outcome: Outcome) -> None:
        self._tried.add(outcome.index)

    def learn(self, outcome: Outcome, selection: Selection) -> None:
        trial = outcome.trial
        seconds = trial.duration_seconds * _pace(trial.parameters)
        self._seconds.setdefault(trial.algorithm, []).append(seconds)
        self._losses.append(selection.loss)
        self._selected = selection.outcomes
        if self._plateau():
            self.stop("early_stopping")

    def reserve(self) -> float:
        """Seconds to keep for the last ensemble, the final fit of its members and the folder."""
        missing = (o.final_seconds for o in self._selected if o.trial.iteration not in self.bench.built)
        return _FIXED_RESERVE + 1.3 * sum(missing)

    @property
    def settings(self) -> TrainSettings:
        return self.bench.settings

    def _limits(self) -> Limits | None:
        if self.should_stop():
            self.stopped = "canceled"
        elif self.settings.max_trials and len(self._tried) >= self.settings.max_trials:
            self.stop("max_trials")
        soft = not self._losses
        left = self.clock.left()
        room = left * _FIRST_SHARE if soft else left - self.reserve()
        if room <= 0 and self._tried:
            self.stop("budget")
        if self.stopped:
            return None
        room = min(room, (self.settings.iteration_timeout_minutes or room) * 60)
        threads = max(1, self.clock.cores // self.settings.max_concurrent_iterations)
        return Limits(time.time() + room, threads, soft, lambda: self.closing or self.should_stop())

    def _expected(self, name: str, parameters: Parameters) -> float:
        """Seconds that a trial of this algorithm took of late, at this learning rate."""
        known = self._seconds.get(name)
        if known:
            return sum(known[-3:]) / len(known[-3:]) / _pace(parameters)
        everything = (s for each in self._seconds.values() for s in each)
        return _UNKNOWN_COST * min(everything, default=0.0) / _USUAL_PACE

    def _plateau(self) -> bool:
        """Whether the last trials after the portfolio made the ensemble no better worth mentioning."""
        late = self._losses[self.bench.portfolio_size :]
        if not self.settings.enable_early_stopping or self.settings.max_trials or len(late) < _PATIENCE:
            return False
        return late[-1] > self._losses[-_PATIENCE - 1] * (1 - _LEAST_GAIN)


def _pace(parameters: Parameters) -> float:
    """Boosting takes the longer the slower it learns."""
    rate = parameters.get("learning_rate", parameters.get("eta", _USUAL_PACE))
    return float(rate) if isinstance(rate, int | float) else _USUAL_PACE
