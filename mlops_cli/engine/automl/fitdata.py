"""What a learner is given."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Parameters = dict[str, Any]
_LEAST_SPREAD, _MOST_SPREAD, _MOST_SHIFT = 1e-3, 1e9, 1e3


@dataclass(slots=True)
class FitData:
    """`outputs` is the number of classes, or 1 for a regression. `y` holds class positions or floats.

    `valid` rows stop boosting and epochs early; without them `rounds` says how long to train. `absolute` asks
    for the median instead of the mean, `balanced` for classes of equal weight. `given` are weights of the rows,
    `valid_given` of the valid ones.
    """

    matrix: np.ndarray
    y: np.ndarray
    outputs: int
    categories: dict[int, int]
    seed: int
    valid: tuple[np.ndarray, np.ndarray] | None = None
    rounds: int | None = None
    absolute: bool = False
    balanced: bool = False
    given: np.ndarray | None = None
    valid_given: np.ndarray | None = None

    def narrow(self, width: int) -> "FitData":
        """The first `width` features only."""
        valid = (np.ascontiguousarray(self.valid[0][:, :width]), self.valid[1]) if self.valid else None
        return replace(self, matrix=np.ascontiguousarray(self.matrix[:, :width]), valid=valid)

    def logged(self, lift: float) -> "FitData":
        """With the logarithms of the labels."""
        valid = (self.valid[0], np.log(self.valid[1] + lift)) if self.valid else None
        return replace(self, y=np.log(self.y + lift), valid=valid)

    def units(self) -> tuple[float, float]:
        """What to take from the labels of a regression and divide them by; (0, 1) where they are good as they are.

        Boosting reads 32 bits of a label, sums squares of them and looks for gains of a millionth and more.
        """
        shift, scale = float(self.y.mean()), float(self.y.std())
        usual = _LEAST_SPREAD < scale < _MOST_SPREAD and abs(shift) < _MOST_SHIFT * scale
        return (0.0, 1.0) if usual or scale == 0 else (shift, scale)

    def rescaled(self, shift: float, scale: float) -> "FitData":
        valid = (self.valid[0], (self.valid[1] - shift) / scale) if self.valid else None
        return replace(self, y=(self.y - shift) / scale, valid=valid)

    def weights(self) -> np.ndarray | None:
        """One weight per row, 1 on average."""
        if not self.balanced or self.outputs == 1:
            return self.given
        counts = np.bincount(self.y, minlength=self.outputs)
        present = int((counts > 0).sum())
        balance: np.ndarray = (len(self.y) / (present * np.maximum(counts, 1)))[self.y]
        return balance if self.given is None else balance * self.given
