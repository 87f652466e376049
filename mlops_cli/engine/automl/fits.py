"""The fits of a table's trials: out of fold to judge, on all rows to keep. Picklable, so that a process that may
be killed can do them."""

import time
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from mlops_cli.engine.automl.clock import Limits
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.automl.learners import learner
from mlops_cli.engine.model.members import Member, Narrow

_OURS = ("balanced", "target_means")


class FoldAnswer(NamedTuple):
    """`answers` (n, k) for the fold's validation rows, how many rounds the fit took, and seconds.

    `found` are parameters that the fit itself has chosen, for the final fit to take. Where one fold is all, its
    `member` is a model worth keeping.
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


@dataclass(slots=True)
class TableFits:
    """`width` features stand before the target means in the matrices."""

    task: str
    folds: list[FitData]
    whole: FitData
    width: int

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
        """The folds side by side, a soft limit shared out among them."""
        waves = limits.waves(len(self.folds), len(self.folds[0].y))

        def one(data: FitData) -> FoldAnswer:
            started = time.time()
            member, rounds = self._fit(algorithm, parameters, data, waves.next())
            assert data.valid is not None
            found = getattr(member, "found", {})
            answers = member.predict(data.valid[0])
            kept = member if len(self.folds) == 1 else None
            return FoldAnswer(answers, rounds, time.time() - started, found, kept)

        return waves.map(one, self.folds)

    def final(self, algorithm: str, parameters: Parameters, rounds: int | None, limits: Limits) -> Member:
        return self._fit(algorithm, parameters, replace(self.whole, rounds=rounds), limits)[0]

    def _fit(
        self, algorithm: str, parameters: Parameters, data: FitData, limits: Limits
    ) -> tuple[Member, int]:
        if not limits.soft:
            limits.check()
        fit = learner(self.task, algorithm)
        plain = {k: v for k, v in parameters.items() if k not in _OURS}
        data = replace(data, balanced=parameters.get("balanced", False))
        if parameters.get("target_means", True) or data.matrix.shape[1] == self.width:
            return fit(data, plain, limits)
        member, rounds = fit(data.narrow(self.width), plain, limits)
        return Narrow(member, self.width), rounds
