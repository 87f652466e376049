"""Feature importances that AutoML left with a run, in the files that azureml-interpret writes (its version 8).

explanation/ID/global_names/BLOCK.interpret.json    the features, the most important first
explanation/ID/global_values/BLOCK.interpret.json   their importances, in the same order

A run may hold one of the raw columns and one of the engineered features.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from mlops_cli.backends.azureml.artifacts import read_json

if TYPE_CHECKING:
    from azureml.core import Run as AzureRun

FILE = re.compile(r"explanation/(?P<id>[^/]+)/(?P<part>global_names|global_values)/(?P<block>\d+)\.")
Blocks = dict[str, list[tuple[int, str]]]
"""The files of the names and of the values of one explanation, each with the number of its block."""


def importances(run: AzureRun, columns: Collection[str] = ()) -> dict[str, float]:
    """Each column's share of all, largest first; none for a run that holds no explanation.

    `columns` are those of the data. Engineered features count for the column that they were made of.
    """
    found = [_ranked(run, blocks) for blocks in _explanations(run.get_file_names())]
    if not found:
        return {}
    best = min(found, key=lambda ranked: (len(ranked.keys() - set(columns)), len(ranked)))
    return _shares(_by_column(best, columns))


def _explanations(files: Iterable[str]) -> list[Blocks]:
    """The explanations that have both parts."""
    found: dict[str, Blocks] = defaultdict(lambda: {"global_names": [], "global_values": []})
    for file in files:
        if match := FILE.match(file):
            found[match["id"]][match["part"]].append((int(match["block"]), file))
    return [blocks for blocks in found.values() if all(blocks.values())]


def _ranked(run: AzureRun, blocks: Blocks) -> dict[str, float]:
    names, values = (
        [item for _, file in sorted(blocks[part]) for item in read_json(run, file)] for part in blocks
    )
    return dict(zip(map(str, names), map(float, values), strict=False))


def _by_column(ranked: dict[str, float], columns: Collection[str]) -> dict[str, float]:
    summed: dict[str, float] = defaultdict(float)
    for feature, value in ranked.items():
        summed[_column(feature, columns)] += abs(value)
    return summed


def _column(feature: str, columns: Collection[str]) -> str:
    """The column of an engineered feature: AutoML begins its name with it (age_MeanImputer)."""
    made_of = [column for column in columns if feature == column or feature.startswith(f"{column}_")]
    return max(made_of, key=len, default=feature)


def _shares(values: dict[str, float]) -> dict[str, float]:
    whole = sum(values.values()) or 1.0
    ranked = sorted(values.items(), key=lambda pair: -pair[1])
    return {name: value / whole for name, value in ranked}
