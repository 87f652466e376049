"""The fits of a table's trials: out of fold to judge, on all rows to keep. Picklable, so that a process that may
be killed can do them."""

import time
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from mlops_cli.engine.automl.clock import Limits
from mlops_cli.engine.automl.engines import is_foreign
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.automl.learners import learner
from mlops_cli.engine.model.crosses import Crossed, cross_fitted, fit_crosses
from mlops_cli.engine.model.members import Bag, Logged, Member, Narrow, Rescaled, cut

_OURS = ("balanced", "target_means", "log", "crosses")
_UNSTEADY = ("LightGBM", "XGBoost", "CatBoost", "MLP")
"""What answers differently after a few other rows: the mean of several is better than any."""


class FoldAnswer(NamedTuple):
    """`answers` (n, k) for the fold's validation rows, how many rounds the fit took, and seconds.

    `found` are parameters that the fit itself has chosen, for the final fit to take. `member` is a model worth
    keeping: where one fold is all, or to be one of a bag.
    """

    answers: np.ndarray
    rounds: int
    seconds: float
    found: Parameters
    member: Any = None


class Fits(Protocol):
    @property
    def cells(self) -> int:
        """The size of one fit: rows times features."""
        ...

    @property
    def outputs(self) -> int:
        """Trees that boosting grows in a round."""
        ...

    @property
    def side_by_side(self) -> int:
        """Trials that there is room for at once."""
        ...

    def judge(self, algorithm: str, parameters: Parameters, limits: Limits) -> list[FoldAnswer]: ...

    def final(self, algorithm: str, parameters: Parameters, rounds: int | None, limits: Limits) -> Any:
        """A member of the model, fitted to all rows."""
        ...


class Elsewhere:
    """Fits of `inner` that are done in another place: it knows how large they are."""

    inner: Fits

    @property
    def cells(self) -> int:
        return self.inner.cells

    @property
    def outputs(self) -> int:
        return self.inner.outputs


@dataclass(slots=True)
class TableFits:
    """`features` stand before the target means in the matrices; parameters may name pairs of them as `crosses`.

    Of algorithms that are unsteady the folds' own models are kept: for good with `bags`, else until there is one fit
    on all rows.
    """

    task: str
    folds: list[FitData]
    whole: FitData
    features: list[str]
    bags: bool = False

    @property
    def width(self) -> int:
        return len(self.features)

    @property
    def cells(self) -> int:
        return int(self.whole.matrix.size)

    @property
    def outputs(self) -> int:
        return self.whole.outputs if self.whole.outputs > 2 else 1

    @property
    def side_by_side(self) -> int:
        return 1

    def judge(self, algorithm: str, parameters: Parameters, limits: Limits) -> list[FoldAnswer]:
        """The folds side by side, a soft limit shared out among them.

        What learns in rounds or epochs answers after as many in every fold, as a later fit would: where each
        fold's own best round answers, that fold's rows have chosen it and are predicted too well.
        """
        waves = limits.waves(len(self.folds), len(self.folds[0].y), is_foreign(algorithm))

        def one(data: FitData) -> tuple[Member, int, float]:
            started = time.time()
            return *self._fit(algorithm, parameters, data, waves.next()), time.time() - started

        fitted = waves.map(one, self.folds)
        usual = round(sum(rounds for _, rounds, _ in fitted) / len(fitted))
        kept = len(self.folds) == 1 or algorithm.startswith(_UNSTEADY)

        def answer(data: FitData, fit: tuple[Member, int, float]) -> FoldAnswer:
            member, rounds, seconds = cut(fit[0], usual), *fit[1:]
            assert data.valid is not None
            found = getattr(member, "found", {})
            return FoldAnswer(member.predict(data.valid[0]), rounds, seconds, found, member if kept else None)

        return [answer(data, fit) for data, fit in zip(self.folds, fitted, strict=True)]

    def final(self, algorithm: str, parameters: Parameters, rounds: int | None, limits: Limits) -> Member:
        if self.bags and algorithm.startswith(_UNSTEADY):
            return Bag([fold.member for fold in self.judge(algorithm, parameters, limits)])
        return self._fit(algorithm, parameters, replace(self.whole, rounds=rounds), limits)[0]

    def _fit(
        self, algorithm: str, parameters: Parameters, data: FitData, limits: Limits
    ) -> tuple[Member, int]:
        limits.check()
        data = replace(data, balanced=parameters.get("balanced", False))
        if not parameters.get("log"):
            return self._fit_in_units(algorithm, parameters, data, limits)
        lift = 0.0 if data.y.min() > 0 else 1.0
        logged = data.logged(lift)
        member, rounds = self._fit_as_it_is(algorithm, parameters, logged, limits)
        found = Logged(member, lift, float(logged.y.min()), float(logged.y.max()))
        if not data.absolute:
            rows = np.ones(len(data.y)) if data.given is None else data.given
            found.factor = float(rows @ (data.y + lift) / (rows @ (found.predict(data.matrix) + lift)).sum())
        return found, rounds

    def _fit_in_units(
        self, algorithm: str, parameters: Parameters, data: FitData, limits: Limits
    ) -> tuple[Member, int]:
        """An objective of its own, for a label never below 0, is for the label as it is."""
        as_it_is = data.outputs > 1 or "objective" in parameters or is_foreign(algorithm)
        shift, scale = (0.0, 1.0) if as_it_is else data.units()
        if (shift, scale) == (0.0, 1.0):
            return self._fit_as_it_is(algorithm, parameters, data, limits)
        member, rounds = self._fit_as_it_is(algorithm, parameters, data.rescaled(shift, scale), limits)
        return Rescaled(member, shift, scale), rounds

    def _fit_as_it_is(
        self, algorithm: str, parameters: Parameters, data: FitData, limits: Limits
    ) -> tuple[Member, int]:
        if parameters.get("target_means", True) or data.matrix.shape[1] == self.width:
            return self._fit_crossed(algorithm, parameters, data, limits)
        member, rounds = self._fit_crossed(algorithm, parameters, data.narrow(self.width), limits)
        return Narrow(member, self.width), rounds

    def _fit_crossed(
        self, algorithm: str, parameters: Parameters, data: FitData, limits: Limits
    ) -> tuple[Member, int]:
        fit = learner(self.task, algorithm)
        plain = {k: v for k, v in parameters.items() if k not in _OURS}
        pairs = [(self.features.index(a), self.features.index(b)) for a, b in parameters.get("crosses", ())]
        if not pairs:
            return fit(data, plain, limits)
        crosses = fit_crosses(data.matrix, data.y, pairs)
        matrix = cross_fitted(data.matrix, data.y, pairs, data.seed)
        valid = (crosses.extend(data.valid[0]), data.valid[1]) if data.valid else None
        member, rounds = fit(replace(data, matrix=matrix, valid=valid), plain, limits)
        return Crossed(member, crosses), rounds
