"""Values of hyperparameters. Every distribution is read at a point between 0 and 1: all are searched alike."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

from mlops_cli.emulator.errors import bad_request

Space = dict[str, Any]
Point = list[float]
CANDIDATES = 64
WIDTH = 0.15
FIRST_AT_RANDOM = 4


def values(space: Space, point: Point) -> dict[str, Any]:
    """What a point of the unit cube stands for."""
    pairs = zip(space.items(), point, strict=True)
    return {name: _value(kind, given, u) for (name, (kind, given)), u in pairs}


def _value(kind: str, given: Sequence[Any], u: float) -> Any:
    """A distribution as the SDK writes it, such as `["quniform", [low, high, q]]`, at `u`."""
    if kind == "choice":
        return given[0][min(int(u * len(given[0])), len(given[0]) - 1)]
    if kind == "randint":
        return int(u * given[0])
    name = kind.removeprefix("q")
    first, second = given[:2]
    exponent = first + u * (second - first) if name.endswith("uniform") else _normal(first, second, u)
    value = math.exp(exponent) if name.startswith("log") else exponent
    return round(value / given[2]) * given[2] if kind.startswith("q") else value


def _normal(mean: float, deviation: float, u: float) -> float:
    return NormalDist(mean, deviation).inv_cdf(min(max(u, 1e-9), 1 - 1e-9)) if deviation else mean


def check(name: str, space: Space) -> None:
    """Raises ApiError 400 for a method or a distribution that is none."""
    if name.lower() not in ("random", "grid", "bayesianoptimization"):
        raise bad_request(f"There is no sampling method '{name}'.")
    for parameter, (kind, _) in space.items():
        known = {"choice", "randint", *(q + log + n for q in ("", "q") for log in ("", "log")
                                        for n in ("uniform", "normal"))}  # fmt: skip
        if kind not in known:
            raise bad_request(f"The distribution '{kind}' of {parameter} is not known.")


def next_point(name: str, space: Space, seed: str, tried: list[tuple[Point, float | None]]) -> Point | None:
    """The next point to try, after those `tried` with what they scored (more is better); None after the last."""
    chance = random.Random(f"{seed}/{len(tried)}")  # noqa: S311 - no secret
    if name.lower() == "grid":
        return _on_grid(space, len(tried))
    scored = [(point, score) for point, score in tried if score is not None]
    if name.lower() == "random" or len(scored) < FIRST_AT_RANDOM:
        return [chance.random() for _ in space]
    return _promising(space, chance, scored)


def _on_grid(space: Space, number: int) -> Point | None:
    counts = [len(given[0]) for _, given in space.values()]
    cells = itertools.product(*(range(count) for count in counts))
    found = next(itertools.islice(cells, number, None), None)
    return [(cell + 0.5) / count for cell, count in zip(found, counts, strict=True)] if found else None


def _promising(space: Space, chance: random.Random, scored: list[tuple[Point, float]]) -> Point:
    """A tree-structured Parzen estimator (Bergstra et al., 2011): likely among the good, unlikely among the rest."""
    ordered = [point for point, _ in sorted(scored, key=lambda pair: pair[1], reverse=True)]
    cut = max(1, len(ordered) // 4)
    good, rest = ordered[:cut], ordered[cut:]
    candidates = [[chance.random() for _ in space] for _ in range(CANDIDATES)]
    return max(candidates, key=lambda point: _density(space, point, good) / _density(space, point, rest))


def _density(space: Space, point: Point, others: list[Point]) -> float:
    near = (math.prod(map(_kernel, space.values(), point, other)) for other in others)
    return 1e-6 + sum(near) / len(others)


def _kernel(distribution: Any, a: float, b: float) -> float:
    if distribution[0] == "choice":
        count = len(distribution[1][0])
        return 1.0 if int(a * count) == int(b * count) else 0.1
    return math.exp(-(((a - b) / WIDTH) ** 2) / 2)
