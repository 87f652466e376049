"""Metrics as people read them: families with their three averages in a grid, the rest in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

AVERAGES = ("weighted", "macro", "micro")


def draw(console: Console, metrics: dict[str, float]) -> None:
    """All metrics of a run in at most 80 columns."""
    families = sorted({name.rpartition("_")[0] for name in metrics if name.rpartition("_")[2] in AVERAGES})
    if families:
        console.print(f"  {'':<25}" + "".join(f"{average:>10}" for average in AVERAGES))
    for family in families:
        console.print(f"  {family:<25}" + "".join(_cell(metrics.get(f"{family}_{a}")) for a in AVERAGES))
    for name in sorted(metrics, key=str.lower):
        if name.rpartition("_")[2] not in AVERAGES:
            console.print(f"  {name:<45}{_cell(metrics[name])}")


def _cell(value: float | None) -> str:
    return f"{'':>10}" if value is None else f"{value:>10.5g}"
