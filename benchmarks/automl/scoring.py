"""Quality of what an engine answered, on rows that it never saw."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import metrics


@dataclass(slots=True)
class Score:
    """One engine on one split. `quality` is AUC (weighted over the classes) or RMSE, `loss` log loss or MAE.

    `trace` holds (seconds, quality) of each deployable model in turn; engines without one have the last only.
    """

    table: str
    seed: int
    engine: str
    metric: str
    quality: float = float("nan")
    loss: float = float("nan")
    facts: dict[str, Any] = field(default_factory=dict)
    trace: list[tuple[float, float]] = field(default_factory=list)
    error: str = ""


def tolerance(metric: str, best: float) -> float:
    """How near counts as equal: 0.0005 of AUC, half a percent of RMSE."""
    return 0.0005 if metric == "AUC" else 0.005 * best


def judge(score: Score, task: str, truth: Any, facts: dict[str, Any], out: Path) -> Score:
    score.facts, score.error = facts, facts.get("error", "")
    if score.error:
        return score
    classes = facts.get("classes")
    score.quality, score.loss = _quality(task, truth, np.load(out / "scores.npy"), classes)
    for number, seconds in enumerate(facts.get("trace", [])):
        answers = np.load(out / f"trace-{number}.npy")
        score.trace.append((seconds, _quality(task, truth, answers, classes)[0]))
    if not score.trace:
        score.trace = [(facts["fit_seconds"], score.quality)]
    return score


def reaches(score: Score, goal: float) -> float | None:
    """Seconds until the deployable model was as good as `goal` (and no later one is looked at)."""
    near = tolerance(score.metric, goal)
    enough = (q >= goal - near if score.metric == "AUC" else q <= goal + near for _, q in score.trace)
    return next((s for (s, _), good in zip(score.trace, enough, strict=True) if good), None)


def _quality(task: str, truth: Any, answers: np.ndarray, classes: list[str] | None) -> tuple[float, float]:
    if task == "regression":
        return metrics.root_mean_squared_error(truth, answers), metrics.mean_absolute_error(truth, answers)
    assert classes is not None
    y = np.array([classes.index(str(value)) for value in truth])
    one_hot = np.eye(len(classes))[y]
    auc = metrics.roc_auc_score(one_hot, answers, average="weighted")
    clipped = np.clip(answers[np.arange(len(y)), y], 1e-15, 1)
    return float(auc), float(-np.log(clipped).mean())
