"""AutoGluon's `best_quality`, told the metric that is judged."""

from pathlib import Path
from typing import Any

import task

METRICS = {"binary": "roc_auc", "multiclass": "roc_auc_ovr_weighted", "regression": "rmse"}

_LEAST_FOR_STACKING = 30
"""Seconds. With fewer, the trial run that looks for overfitted stacks trains nothing, and `fit` fails."""


class Glued:
    def __init__(self, frame: Any, asked: dict[str, Any]) -> None:
        from autogluon.tabular import TabularPredictor

        self.folder = Path(asked["out"]) / "autogluon"
        self.predictor = TabularPredictor(
            asked["label"], asked["task"], METRICS[asked["task"]], path=str(self.folder), verbosity=1
        )
        self.predictor.fit(
            frame,
            time_limit=asked["budget"],
            presets="best_quality",
            num_cpus=asked["threads"],
            num_gpus=0,
            dynamic_stacking=asked["budget"] >= _LEAST_FOR_STACKING,
        )
        known = asked["task"] != "regression"
        self.classes = [str(c) for c in self.predictor.class_labels] if known else None

    def scores(self, frame: Any) -> Any:
        if self.classes is None:
            return self.predictor.predict(frame).to_numpy()
        return self.predictor.predict_proba(frame)[self.predictor.class_labels].to_numpy()

    def labels(self, rows: list[dict[str, Any]]) -> Any:
        import pandas as pd

        return self.predictor.predict(pd.DataFrame(rows))

    def size(self) -> int:
        return task.bytes_below(self.folder)


if __name__ == "__main__":
    task.measure(Glued)
