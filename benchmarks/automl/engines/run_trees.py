"""300 extremely random trees with scikit-learn's defaults."""

from typing import Any

import plain
import task


def fit(frame: Any, asked: dict[str, Any]) -> plain.Plain:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesRegressor if asked["task"] == "regression" else ExtraTreesClassifier
    model = kind(300, n_jobs=asked["threads"], random_state=asked["seed"])
    return plain.Plain(frame, asked, model, scaled=False)


if __name__ == "__main__":
    task.measure(fit)
