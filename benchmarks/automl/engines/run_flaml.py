"""FLAML as its documentation starts it, told the metric that is judged."""

from typing import Any

import task

METRICS = {"binary": "roc_auc", "multiclass": "roc_auc_ovr_weighted", "regression": "rmse"}


class Tuned:
    def __init__(self, frame: Any, asked: dict[str, Any]) -> None:
        from flaml import AutoML

        self.automl = AutoML()
        self.automl.fit(
            dataframe=frame,
            label=asked["label"],
            task="regression" if asked["task"] == "regression" else "classification",
            metric=METRICS[asked["task"]],
            time_budget=asked["budget"],
            n_jobs=asked["threads"],
            seed=asked["seed"],
            verbose=0,
        )
        known = asked["task"] != "regression"
        self.classes = [str(c) for c in self.automl.classes_] if known else None

    def scores(self, frame: Any) -> Any:
        return self.automl.predict(frame) if self.classes is None else self.automl.predict_proba(frame)

    def labels(self, rows: list[dict[str, Any]]) -> Any:
        import pandas as pd

        return self.automl.predict(pd.DataFrame(rows))

    def size(self) -> int:
        import pickle

        return len(pickle.dumps(self.automl.model))


if __name__ == "__main__":
    task.measure(Tuned)
