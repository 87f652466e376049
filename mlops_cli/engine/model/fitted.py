"""A trained model: raw rows in, plain Python values out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops_cli.domain.data import Scalar
from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.model.ensembles import Stack, Vote
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.members import Member
from mlops_cli.engine.model.target_means import TargetMeans

if TYPE_CHECKING:
    import pandas

    Rows = Sequence[dict[str, Any]] | pandas.DataFrame


class FittedModel:
    """A classifier or regressor. Rows are dicts or a DataFrame with the raw columns, in any order.

    `background` is a sample of encoded training rows that explanations compare with.
    """

    def __init__(
        self,
        schema: ModelSchema,
        encoder: Encoder,
        means: TargetMeans,
        members: list[Member],
        mix: Vote | Stack,
        background: np.ndarray | None = None,
    ) -> None:
        self.schema = schema
        self.encoder = encoder
        self.means = means
        self.members = members
        self.mix = mix
        self.background = background

    def predict(self, rows: "Rows") -> list[Scalar]:
        """A label of the original type, or a float, per row."""
        scores = self._scores(rows)
        classes = self.schema.classes
        if classes is None:
            return scores[:, 0].tolist()
        return [classes[i] for i in scores.argmax(axis=1).tolist()]

    def predict_proba(self, rows: "Rows") -> np.ndarray:
        """(n, k) probabilities in the order of `schema.classes`; raises TypeError for a regression."""
        if self.schema.classes is None:
            raise TypeError("a regression model has no probabilities")
        return self._scores(rows)

    def answer(self, rows: "Rows") -> dict[str, Any]:
        """What the scoring service sends, before it is JSON."""
        return {"result": self.predict(rows)}

    def importances(self) -> dict[str, float]:
        """Share of each raw column in the trees' gain and the linear weights, largest first."""
        totals = {column.name: 0.0 for column in self.encoder.columns}
        names = [self.encoder.columns[s].name for s in self.encoder.sources]
        names += [
            names[p] for p, t in zip(self.means.positions, self.means.tables, strict=True) for _ in t[0]
        ]
        for weight, member in zip(self.mix.weights, self.members, strict=True):
            shares = member.importances()
            for name, share in zip(names, shares if shares is not None else (), strict=False):
                totals[name] += weight * float(share)
        whole = sum(totals.values()) or 1.0
        return {n: t / whole for n, t in sorted(totals.items(), key=lambda item: -item[1])}

    def _scores(self, rows: "Rows") -> np.ndarray:
        if len(rows) == 0:
            return np.empty((0, len(self.schema.classes or (0,))))
        return self.scores(self.encoder.matrix(rows))

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """(n, k) probabilities or predictions for rows as the encoder gives them."""
        extended = self.means.extend(matrix)
        return self.mix.combine([member.predict(extended) for member in self.members])
