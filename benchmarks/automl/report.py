"""The measured figures as a table and as JSON, losses included."""

import json
import platform
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.automl.scoring import Score, reaches

HEAD = (
    "table", "engine", "quality", "loss", "fit s", "over s", "row s", "ens s", "to best s", "peak MB",
    "model MB", "2 rows ms",
)  # fmt: skip
WIDTHS = (14, 10, 9, 8, 7, 7, 6, 6, 10, 8, 9, 10)


def show(scores: list[Score], budget: float, missing: dict[str, str]) -> None:
    """Means over the seeds. `to best s`: until as good as the best other engine ended (dash: never)."""
    print(f"\nbudget {budget:g} s, quality is AUC (higher) or RMSE (lower), means over the seeds")
    _line(HEAD)
    for table in dict.fromkeys(score.table for score in scores):
        for engine in dict.fromkeys(score.engine for score in scores):
            rows = [s for s in scores if s.table == table and s.engine == engine]
            if rows:
                _line((table, engine, *_cells(rows, scores, budget)))
    for engine, reason in missing.items():
        print(f"{engine} was not measured: {reason}")


def save(path: Path, scores: list[Score], budget: float, missing: dict[str, str]) -> None:
    import os

    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
    found = {"budget_seconds": budget, "machine": machine, "missing": missing}
    runs = [asdict(score) | {"seconds_to_best_peer": _to_best(score, scores)} for score in scores]
    path.write_text(json.dumps(found | {"runs": runs}, indent=2) + "\n")


def _cells(rows: list[Score], scores: list[Score], budget: float) -> tuple[str, ...]:
    good = [s for s in rows if not s.error]
    if not good:
        return (f"failed: {rows[0].error}",)
    reached = [_to_best(s, scores) for s in good]
    known = [s for s in reached if s is not None]
    of = "" if len(known) == len(good) else f" {len(known)}/{len(good)}"
    return (
        f"{fmean(s.quality for s in good):.5g}",
        f"{fmean(s.loss for s in good):.4g}",
        _mean(good, "fit_seconds", 1.0),
        f"{max(s.facts['fit_seconds'] - budget for s in good):+.1f}",
        _mean(good, "first_row_seconds", 1.0),
        _mean(good, "first_ensemble_seconds", 1.0),
        (f"{fmean(known):.1f}" if known else "-") + of,
        _mean(good, "peak_mb", 1.0),
        _mean(good, "model_bytes", 2**-20),
        _mean(good, "two_rows_ms", 1.0),
    )


def _mean(rows: list[Score], fact: str, factor: float) -> str:
    known = [s.facts[fact] * factor for s in rows if s.facts.get(fact) is not None]
    return f"{fmean(known):.1f}" if known else "-"


def _to_best(score: Score, scores: list[Score]) -> float | None:
    """Seconds to the quality that the best of the other engines ended with on the same split."""
    others = [
        s.quality
        for s in scores
        if (s.table, s.seed) == (score.table, score.seed) and s.engine != score.engine and not s.error
    ]
    if not others or score.error:
        return None
    return reaches(score, max(others) if score.metric == "AUC" else min(others))


def _line(cells: Any) -> None:
    print("  ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=False)).rstrip())
