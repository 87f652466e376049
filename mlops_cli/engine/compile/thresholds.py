"""Comparisons of rounded numbers as comparisons of the numbers themselves.

The model has learnt from a matrix of 32-bit floats, and the service is sent doubles. Rounding keeps the order, so
`round(x) <= t` holds up to one double and for none beyond it: a tree that compares with that one rounds nothing.
"""

import numpy as np

from mlops_cli.engine.compile.forest import LEQ, LT, Tree

_BEYOND = 2.0**128
"""Where the float after the largest one would be: half way there rounding turns to infinity."""


def unrounded(tree: Tree) -> tuple[np.ndarray, np.ndarray]:
    """Thresholds and modes of `tree`, for doubles: `<=` everywhere but where a category is sought in a set."""
    is_less = tree.modes == LT
    limits = np.where(is_less, largest_below(tree.thresholds), tree.thresholds)
    return (
        np.where(tree.modes <= LT, largest_rounded(limits), tree.thresholds),
        np.where(is_less, LEQ, tree.modes).astype(np.uint8),
    )


def largest_below(limits: np.ndarray) -> np.ndarray:
    """(n,) for each limit the largest 32-bit float that is less, as a double."""
    floats = _floor(limits)
    return np.where(floats < limits, floats, _next(floats, -np.inf)).astype(np.float64)


def largest_rounded(limits: np.ndarray) -> np.ndarray:
    """(n,) for each limit the largest double that rounds to a 32-bit float of at most that (IEEE 754)."""
    below = _floor(limits)
    above = _next(below, np.inf)
    half = (_finite(below) + _finite(above)) / 2
    with np.errstate(over="ignore"):
        keeps = half.astype(np.float32) <= below
    return np.where(np.isposinf(below), np.inf, np.where(keeps, half, np.nextafter(half, -np.inf)))


def _floor(limits: np.ndarray) -> np.ndarray:
    """Rounded down to 32 bits."""
    with np.errstate(over="ignore"):
        nearest = np.asarray(limits, dtype=np.float64).astype(np.float32)
    return np.where(nearest > limits, _next(nearest, -np.inf), nearest)


def _next(floats: np.ndarray, towards: float) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.nextafter(floats, np.float32(towards))


def _finite(floats: np.ndarray) -> np.ndarray:
    return np.clip(floats.astype(np.float64), -_BEYOND, _BEYOND)
