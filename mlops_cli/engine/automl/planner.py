"""What to try next, how long it may take, and when it is enough."""

import math
import time
from collections.abc import Callable

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.clock import Clock, Limits
from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.proposals import LAG, Seen
from mlops_cli.engine.automl.selection import Selection, loss_of
from mlops_cli.engine.automl.trials import Bench, Outcome

_PATIENCE = 10
_LEAST_GAIN = 0.001
_UNKNOWN_COST = 1.5
_USUAL_PACE = 0.1
_FIRST_SHARE = 0.75
_FIRST_SECONDS, _FIRST_OF_BUDGET = 1.5, 0.03
_SHARE, _SHORT, _TOLERANCE = 0.4, 2.0, 1.5
_FIXED_RESERVE, _MARGIN = 1.0, 1.3

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
        self._final_shares: list[float] = []
        self._losses: list[float] = []
        self._selected: list[Outcome] = []
        self._seen: list[Seen] = []
        self._under_way: set[int] = set()

    def next(self) -> Task | None:
        """The next trial with its limits; None when the search is over."""
        while self._goes_on():
            index, self._index = self._index, self._index + 1
            if index in self._tried:
                continue
            if self._must_wait(index):
                self._index = index
                return None
            found = self.bench.candidate(index, [s for s in self._seen if s.place < index - LAG])
            if found is None:
                self.stop("nothing_left")
                return None
            expected = self._expected(*found)
            if not self._losses or expected < self._room():
                self._tried.add(index)
                self._under_way.add(index)
                return index, *found, self._limits(expected)
            if index >= self.bench.portfolio_size:
                self.stop("budget")
        return None

    def stop(self, reason: str) -> None:
        self.stopped = self.stopped or reason

    def taken_up(self, outcome: Outcome) -> None:
        self._tried.add(outcome.index)

    def ended(self, outcome: Outcome) -> None:
        self._under_way.discard(outcome.index)

    def _must_wait(self, index: int) -> bool:
        """Counted by number, a trial is the same however many go on side by side."""
        early = any(other < index - LAG for other in self._under_way)
        return bool(self.settings.max_trials) and early

    def learn(self, outcome: Outcome, selection: Selection) -> None:
        trial = outcome.trial
        seconds = trial.duration_seconds * _pace(trial.parameters)
        self._seconds.setdefault(trial.algorithm, []).append(seconds)
        self._final_shares.append(outcome.seconds_to_keep / max(trial.duration_seconds, 1e-3))
        self._losses.append(selection.loss)
        self._seen.append(
            Seen(
                loss_of(self.bench, outcome),
                outcome.index,
                trial.algorithm,
                trial.parameters,
                outcome.answers,
            )
        )
        self._selected = selection.outcomes
        if self._plateau():
            self.stop("early_stopping")

    def reserve(self) -> float:
        """Seconds to keep for the last ensemble, the final fit of its members and the folder."""
        built = self.bench.built
        missing = [o.seconds_to_keep for o in self._selected if o.trial.iteration not in built]
        return _FIXED_RESERVE + _MARGIN * self.clock.together(missing, self.bench.rows)

    @property
    def settings(self) -> TrainSettings:
        return self.bench.settings

    def _goes_on(self) -> bool:
        if self.should_stop():
            self.stopped = "canceled"
        elif self.settings.max_trials and len(self._tried) >= self.settings.max_trials:
            self.stop("max_trials")
        elif self._room() <= 0 and self._tried:
            self.stop("budget")
        return not self.stopped

    def _room(self) -> float:
        """Seconds that one trial may take at most, its own final fit after it, side by side with the others'."""
        if self._losses:
            share = sum(self._final_shares) / len(self._final_shares) / self.clock.cores
            room = (self.clock.left() - self.reserve()) / (1 + _MARGIN * share)
        else:
            room = self.clock.left() * _FIRST_SHARE
        return min(room, (self.settings.iteration_timeout_minutes or room) * 60)

    def _limits(self, expected: float) -> Limits:
        """Learning ends when its time is over; a timeout of the user's ends the trial, unless it is the first."""
        soft, whole = self.settings.iteration_timeout_minutes is None or not self._losses, self._room()
        room = self._share(whole, expected) if soft else whole
        threads = max(1, self.clock.cores // self.settings.max_concurrent_iterations)
        now, clockless = time.time(), bool(self.settings.max_trials) or not self._losses
        end = math.inf if clockless else now + whole
        return Limits(now + room, threads, soft, lambda: self.closing or self.should_stop(), end)

    def _share(self, room: float, expected: float) -> float:
        """The first trial is to end soon, a later one that is slower than expected must not take all. What is
        counted by number must not depend on the clock, and another engine's trial is all there is."""
        if self.settings.max_trials or self.settings.engine != "mlops":
            return room
        if not self._losses:
            return min(room, max(_FIRST_SECONDS, _FIRST_OF_BUDGET * self.clock.budget))
        return min(room, max(_SHARE * room, _SHORT, _TOLERANCE * expected))

    def _expected(self, name: str, parameters: Parameters) -> float:
        """Seconds that a trial of this algorithm took of late, at this learning rate; of one that is new, what
        the others take, for a baseline that costs nothing tells nothing of a forest."""
        known = self._seconds.get(name)
        if known:
            return sum(known[-3:]) / len(known[-3:]) / _pace(parameters)
        others = [sum(each) / len(each) for each in self._seconds.values()]
        return _UNKNOWN_COST * (sum(others) / len(others) if others else 0.0) / _USUAL_PACE

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
