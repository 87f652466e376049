"""How the answers of several members become one."""

import numpy as np
from msgspec import Struct

EPSILON = 1e-6


class Vote(Struct):
    """The weighted mean of the members' answers."""

    weights: list[float]

    def combine(self, answers: list[np.ndarray]) -> np.ndarray:
        return sum(w * a for w, a in zip(self.weights, answers, strict=True))  # type: ignore[return-value]


class Stack(Struct):
    """A linear model over the members' log probabilities (classification) or answers (regression).

    `weights` has one number per member, `intercept` one per class: few parameters, so that it stays calibrated.
    """

    weights: list[float]
    intercept: np.ndarray

    def combine(self, answers: list[np.ndarray]) -> np.ndarray:
        if answers[0].shape[1] == 1:
            return Vote(self.weights).combine(answers) + self.intercept
        logits = Vote(self.weights).combine([log_probabilities(a) for a in answers]) + self.intercept
        return softmax(logits)


def log_probabilities(answer: np.ndarray) -> np.ndarray:
    return np.log(np.clip(answer, EPSILON, 1))


def softmax(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)
