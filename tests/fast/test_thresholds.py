"""Doubles compared as if they had been rounded to 32 bits."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from mlops_cli.engine.compile.forest import LEQ, LT, MEMBER, Tree
from mlops_cli.engine.compile.thresholds import unrounded

LARGEST = float(np.finfo(np.float32).max)
ANY = st.floats(allow_nan=False, allow_infinity=False)


def rounded(value: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def neighbours(value: float) -> list[float]:
    """Doubles and floats next to `value`, and what is half way between those floats."""
    near = np.float32(rounded(value))
    with np.errstate(over="ignore"):
        floats = [near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))]
        wide = [float(x) for x in floats if np.isfinite(x)]
        halves = [(a + b) / 2 for a in wide for b in wide]
        around = [np.nextafter(x, way) for x in (value, *halves) for way in (np.inf, -np.inf)]
    return [value, *wide, *halves, *map(float, around)]


def one_node(threshold: float, mode: int) -> Tree:
    one, leaf = np.zeros(1, dtype=int), np.array([-1])
    modes = np.array([mode], dtype=np.uint8)
    return Tree(one, np.array([threshold]), modes, leaf, ~one - 1, one.astype(bool), np.zeros((2, 1)))


@given(threshold=ANY | st.floats(width=32, allow_nan=False, allow_infinity=False), other=ANY)
@example(threshold=0.0, other=-1e-46)
@example(threshold=LARGEST, other=1e39)
@example(threshold=-LARGEST, other=-1e39)
@example(threshold=1e300, other=LARGEST)
def test_a_double_goes_where_its_rounded_form_would_go(threshold: float, other: float) -> None:
    for mode in (LEQ, LT):
        limits, modes = unrounded(one_node(threshold, mode))
        assert modes.tolist() == [LEQ]
        for value in (*neighbours(threshold), *neighbours(other)):
            as_float = rounded(value)
            expected = as_float <= threshold if mode == LEQ else as_float < threshold
            assert (value <= limits[0]) == expected, (value, threshold, mode)


def test_sets_of_categories_stay() -> None:
    limits, modes = unrounded(one_node(0.1, MEMBER))
    assert (limits.tolist(), modes.tolist()) == ([0.1], [MEMBER])
