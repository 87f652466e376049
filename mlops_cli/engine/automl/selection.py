"""Which trials to mix, judged on their answers to rows that they had not seen.

Greedy selection with replacement follows Caruana et al., "Ensemble Selection from Libraries of Models" (2004).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlops_cli.engine.automl.trials import Bench, Outcome

ROUNDS = 24
MOST_MEMBERS = 6
_LEAST_WEIGHT = 0.06
_SLOW_TO_SERVE = ("RandomForest", "ExtremeRandomTrees", "KNN")
_SLOW_MUST_GAIN = 0.002
_EPSILON = 1e-6

Loss = Callable[[np.ndarray], float]


@dataclass(slots=True)
class Selection:
    """The chosen trials with their weights, heaviest first, and the loss of their mix."""

    outcomes: list[Outcome]
    weights: list[float]
    loss: float


def select(bench: Bench, outcomes: list[Outcome]) -> Selection:
    """The best mix; members that answer slowly have to gain enough to be let in."""
    quick = [o for o in outcomes if o.trial.algorithm not in _SLOW_TO_SERVE]
    best = _greedy(bench, outcomes)
    if not quick or len(quick) == len(outcomes):
        return best
    served_fast = _greedy(bench, quick)
    return served_fast if served_fast.loss <= best.loss * (1 + _SLOW_MUST_GAIN) else best


def loss_of(bench: Bench, outcome: Outcome) -> float:
    """Of one trial alone."""
    signals, loss = _signals(bench, [outcome])
    return loss(signals[0])


def _greedy(bench: Bench, outcomes: list[Outcome]) -> Selection:
    """Adds, time after time, the trial that lowers the loss of the mean most; weights are the counts."""
    signals, loss = _signals(bench, outcomes)
    counts = np.zeros(len(outcomes), dtype=int)
    total = np.zeros(len(bench.y))
    for size in range(1, ROUNDS + 1):
        allowed = (
            range(len(outcomes)) if (counts > 0).sum() < MOST_MEMBERS else np.flatnonzero(counts).tolist()
        )
        losses = {i: loss((total + signals[i]) / size) for i in allowed}
        chosen = min(losses, key=lambda i: losses[i])
        counts[chosen] += 1
        total += signals[chosen]
    kept = [i for i in np.argsort(-counts, kind="stable").tolist() if counts[i] / ROUNDS >= _LEAST_WEIGHT]
    weights = counts[kept] / counts[kept].sum()
    mixed = sum(w * signals[i] for w, i in zip(weights, kept, strict=True))
    return Selection([outcomes[i] for i in kept], weights.tolist(), loss(np.asarray(mixed)))


def _signals(bench: Bench, outcomes: list[Outcome]) -> tuple[list[np.ndarray], Loss]:
    """Per trial a vector that mixes linearly: the probability of the true class, or the error."""
    y = bench.y
    if bench.classes:
        rows = np.arange(len(y))
        return [o.answers[rows, y] for o in outcomes], _mean(_log_loss, bench.weights)
    errors = [o.answers[:, 0] - y for o in outcomes]
    absolute = bench.metric == "normalized_mean_absolute_error"
    return errors, _mean(np.abs if absolute else np.square, bench.weights)


def _mean(each: Callable[[np.ndarray], np.ndarray], weights: np.ndarray | None) -> Loss:
    """The mean over the rows, weighted where rows have weights."""
    if weights is None:
        return lambda signal: float(each(signal).mean())
    shares = weights / weights.sum()
    return lambda signal: float(each(signal) @ shares)


def _log_loss(p: np.ndarray) -> np.ndarray:
    return -np.log(np.maximum(p, _EPSILON))
