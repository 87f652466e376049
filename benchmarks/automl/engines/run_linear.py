"""Ridge or logistic regression, its strength chosen by cross-validation."""

from typing import Any

import plain
import task


def fit(frame: Any, asked: dict[str, Any]) -> plain.Plain:
    from sklearn.linear_model import LogisticRegressionCV, RidgeCV

    if asked["task"] == "regression":
        return plain.Plain(frame, asked, RidgeCV([0.1, 1, 10, 100, 1000]), scaled=True)
    model = LogisticRegressionCV(
        Cs=[0.001, 0.01, 0.1, 1], cv=3, scoring="neg_log_loss", max_iter=300, n_jobs=asked["threads"]
    )
    return plain.Plain(frame, asked, model, scaled=True)


if __name__ == "__main__":
    task.measure(fit)
