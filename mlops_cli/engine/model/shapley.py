"""Shapley values by sampling: what each group of features adds to an answer, whatever the model is.

Source: Strumbelj and Kononenko, "Explaining prediction models and individual predictions with feature
contributions" (2014), with pairs of opposite orders. Features yet to come have the values of a background row.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np

Answers = Callable[[np.ndarray], np.ndarray]


def shapley(
    answers: Answers,
    rows: np.ndarray,
    background: np.ndarray,
    groups: Sequence[np.ndarray],
    pairs: int,
    seconds: float,
) -> np.ndarray:
    """Contributions (n, groups, k) to `answers` (n, k); `groups` hold positions of columns of `rows`.

    For each row they add up to its answer minus the mean answer of the background rows drawn for it. Draws at most
    `pairs` pairs of orders, at least one, and none after `seconds`: without haste the result is always the same.
    """
    random = np.random.default_rng(0)
    deadline = time.monotonic() + seconds
    total, drawn = None, 0
    while drawn < pairs and (drawn == 0 or time.monotonic() < deadline):
        order = random.permutation(len(groups))
        given = background[random.integers(len(background), size=len(rows))]
        both = _one_order(answers, rows, given, groups, order) + _one_order(
            answers, rows, given, groups, order[::-1]
        )
        total = both if total is None else total + both
        drawn += 1
    assert total is not None, "at least one pair of orders is asked for"
    return np.asarray(total / (2 * drawn))


def _one_order(
    answers: Answers, rows: np.ndarray, given: np.ndarray, groups: Sequence[np.ndarray], order: np.ndarray
) -> np.ndarray:
    """The change that each group makes when the groups come one after the other."""
    steps = np.repeat(given[None], len(groups) + 1, axis=0)
    for step, group in enumerate(order, start=1):
        steps[step:, :, groups[group]] = rows[:, groups[group]]
    found = answers(steps.reshape(-1, rows.shape[1])).reshape(len(steps), len(rows), -1)
    changes = np.empty((len(rows), len(groups), found.shape[2]))
    changes[:, order] = np.diff(found, axis=0).transpose(1, 0, 2)
    return changes
