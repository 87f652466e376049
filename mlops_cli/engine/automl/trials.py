"""A trial, what it leaves behind, and what a search needs to know of the task it works on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from msgspec import Struct, field

from mlops_cli.domain.training import LOWER_IS_BETTER, TrainSettings
from mlops_cli.engine.automl.clock import Clock, Limits
from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.fits import Fits
from mlops_cli.engine.automl.proposals import Seen
from mlops_cli.engine.model.ensembles import Stack, Vote
from mlops_cli.engine.model.members import Bag
from mlops_cli.status import RunStatus

_MOST_BAGS, _MOST_PROVISIONAL = 20, 6
"""Trials whose models are kept in memory although no mix has them."""


class Trial(Struct, omit_defaults=True):
    """One row of the leaderboard. `metrics` are of the predictions for rows that the fits had not seen,
    `fold_metrics` the primary metric fold by fold."""

    iteration: int
    algorithm: str
    parameters: dict[str, Any]
    metrics: dict[str, float]
    duration_seconds: float
    status: RunStatus
    error: str | None = None
    fold_metrics: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """A trial with what ensembles and the final fit need.

    `index` is the place in the search order (-1: an ensemble), `answers` its (n, k) predictions for the judging
    rows, `rounds` how long each fold's fit went on, `final_seconds` what the fit to be served is expected to take.
    `member` is what judging has left: a bag of all folds' models, or of a big table the model of its one fold.
    Unless it is `lasting` it serves until there is time for a fit on all rows, for which room is kept when that
    is `worth_refitting`.
    """

    trial: Trial
    index: int
    answers: np.ndarray
    rounds: list[int]
    final_seconds: float
    member: Any = None
    lasting: bool = False
    worth_refitting: bool = False

    @property
    def is_provisional(self) -> bool:
        return self.member is not None and not self.lasting

    @property
    def seconds_to_serve(self) -> float:
        return self.final_seconds if self.member is None else 0.0

    @property
    def seconds_to_keep(self) -> float:
        """For the final fit. A big table's one model has seen rows enough, and is as good unless time is left."""
        return self.final_seconds if self.worth_refitting else self.seconds_to_serve

    @classmethod
    def of_ensemble(cls, algorithm: str, parameters: Parameters, answers: np.ndarray) -> "Outcome":
        trial = Trial(-1, algorithm, parameters, {}, 0.0, RunStatus.COMPLETED)
        return cls(trial, -1, answers, [], 0.0)

    @classmethod
    def without_answers(cls, trial: Trial, index: int) -> "Outcome":
        return cls(trial, index, np.empty((0, 1)), [], 0.0)


class Bench(Protocol):
    """A task, its data made ready and its order of candidates: `TableBench` or `ForecastBench`."""

    settings: TrainSettings
    metric: str
    weights: np.ndarray | None
    """Of the judging rows."""
    notes: list[str]
    portfolio_size: int
    fits: Fits
    built: dict[int, Any]
    """Members fitted on all rows, by the iteration of their trial: later models take them as they are."""

    @property
    def rows(self) -> int:
        """Of the whole table, which the final fit learns from."""
        ...

    @property
    def y(self) -> np.ndarray:
        """The labels of the judging rows, in the order of every trial's answers."""
        ...

    def judging(self) -> dict[str, np.ndarray]:
        """`y`, and of forecasts also `time` (seconds since 1970), `series` (names) and `origin`."""
        ...

    @property
    def classes(self) -> int:
        """Number of classes; 0 where a number is predicted."""
        ...

    def candidate(self, index: int, seen: Sequence[Seen], /) -> tuple[str, Parameters] | None:
        """What trial `index` tries after those `seen`; None when there is nothing more to try."""
        ...

    def trial(self, index: int, algorithm: str, parameters: Parameters, limits: Limits) -> Outcome:
        """Raises OutOfTimeError, or whatever the library raises."""
        ...

    def metrics(self, answers: np.ndarray) -> dict[str, float]: ...

    def score(self, answers: np.ndarray, rows: np.ndarray) -> float:
        """The primary metric of `answers` to some of the judging rows; NaN where it is not defined."""
        ...

    def build(
        self, members: list[Outcome], mix: Vote | Stack, clock: Clock, anew: frozenset[int] = frozenset()
    ) -> Any:
        """The model. What it lacks is fitted on all rows; so are the trials `anew`, although they have left something
        provisional, and raise OutOfTimeError when there is too little time for that."""
        ...

    def featurization(self) -> list[dict[str, Any]]: ...


def forget(metric: str, outcomes: list[Outcome], chosen: list[Outcome]) -> None:
    """Bags of trials that are far behind and in no mix give back their memory; they can be fitted again."""
    mixed = {outcome.index for outcome in chosen}
    for place, outcome in enumerate(rank(metric, outcomes)):
        most = _MOST_BAGS if outcome.lasting else _MOST_PROVISIONAL
        if place >= most and outcome.index not in mixed and isinstance(outcome.member, Bag):
            outcome.member = None


def rank(metric: str, outcomes: list[Outcome]) -> list[Outcome]:
    """Best first; the earlier first among equals."""
    sign = 1 if metric in LOWER_IS_BETTER else -1
    return sorted(outcomes, key=lambda o: (sign * o.trial.metrics[metric], o.trial.iteration))
