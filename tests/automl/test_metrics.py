"""Each metric against scikit-learn on one-hot labels, or against figures worked by hand."""

import numpy as np
import pytest
from sklearn import metrics as sk

from mlops_cli.engine.automl.metrics import classification_metrics, regression_metrics


@pytest.fixture(params=[2, 4], ids=["binary", "four-classes"])
def scored(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    y = np.concatenate([np.arange(request.param), random.integers(0, request.param, 200)])
    raw = random.random((len(y), request.param)) + np.eye(request.param)[y] * 0.4
    return y, raw / raw.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_ranking_metrics_equal_those_of_one_hot_labels(
    scored: tuple[np.ndarray, np.ndarray], average: str
) -> None:
    y, p = scored
    one_hot = np.eye(p.shape[1])[y]
    found = classification_metrics(y, p)
    assert found[f"AUC_{average}"] == pytest.approx(sk.roc_auc_score(one_hot, p, average=average))
    precision = sk.average_precision_score(one_hot, p, average=average)
    assert found[f"average_precision_score_{average}"] == pytest.approx(precision)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_decision_metrics_equal_scikit_learns(scored: tuple[np.ndarray, np.ndarray], average: str) -> None:
    y, p = scored
    found, predicted = classification_metrics(y, p), p.argmax(axis=1)
    for name, function in (
        ("precision", sk.precision_score),
        ("recall", sk.recall_score),
        ("f1", sk.f1_score),
    ):
        assert found[f"{name}_score_{average}"] == pytest.approx(function(y, predicted, average=average))


def test_the_other_classification_metrics_equal_scikit_learns(scored: tuple[np.ndarray, np.ndarray]) -> None:
    y, p = scored
    found, predicted = classification_metrics(y, p), p.argmax(axis=1)
    adjusted = sk.balanced_accuracy_score(y, predicted, adjusted=True)
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(y, predicted))
    assert found["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(y, predicted))
    assert found["norm_macro_recall"] == pytest.approx(adjusted)
    assert found["matthews_correlation"] == pytest.approx(sk.matthews_corrcoef(y, predicted))
    assert found["log_loss"] == pytest.approx(sk.log_loss(y, p))


def test_weighted_accuracy_weighs_each_row_by_the_size_of_its_class() -> None:
    y = np.array([0, 0, 0, 1])
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8]])
    assert classification_metrics(y, p)["weighted_accuracy"] == pytest.approx((3 + 3 + 1) / (3 + 3 + 3 + 1))


def test_regression_metrics_equal_scikit_learns() -> None:
    y, predicted = np.array([3.0, 0.5, 2.0, 7.0, 4.2]), np.array([2.5, 0.1, 2.0, 8.0, 4.0])
    found = regression_metrics(y, predicted)
    assert found["r2_score"] == pytest.approx(sk.r2_score(y, predicted))
    assert found["explained_variance"] == pytest.approx(sk.explained_variance_score(y, predicted))
    assert found["mean_absolute_error"] == pytest.approx(sk.mean_absolute_error(y, predicted))
    assert found["median_absolute_error"] == pytest.approx(sk.median_absolute_error(y, predicted))
    rmse, rmsle = sk.root_mean_squared_error(y, predicted), sk.root_mean_squared_log_error(y, predicted)
    assert found["root_mean_squared_error"] == pytest.approx(rmse)
    assert found["root_mean_squared_log_error"] == pytest.approx(rmsle)
    mape = 100 * sk.mean_absolute_percentage_error(y, predicted)
    assert found["mean_absolute_percentage_error"] == pytest.approx(mape)
    assert found["spearman_correlation"] == pytest.approx(1.0)


def test_normalized_errors_are_shares_of_the_given_range() -> None:
    found = regression_metrics(np.array([2.0, 4.0]), np.array([3.0, 4.0]), low=0.0, high=10.0)
    assert found["normalized_mean_absolute_error"] == pytest.approx(0.05)
    assert found["normalized_median_absolute_error"] == pytest.approx(0.05)
    assert found["normalized_root_mean_squared_error"] == pytest.approx(np.sqrt(0.5) / 10)
    rmsle = (np.log(4) - np.log(3)) / np.sqrt(2)
    assert found["normalized_root_mean_squared_log_error"] == pytest.approx(rmsle / np.log(11))


def test_a_class_that_no_row_has_leaves_the_areas_defined() -> None:
    y = np.array([0, 1, 0, 1])
    p = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.3, 0.6, 0.1]])
    assert classification_metrics(y, p)["AUC_macro"] == pytest.approx(1.0)
