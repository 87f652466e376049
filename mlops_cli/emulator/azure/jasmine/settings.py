"""From the settings that AutoMLConfig posts to those of our engine."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from mlops_cli.domain.training import PRIMARY_METRICS, TrainSettings, conflict
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

MOST_ITERATIONS = 1000
"""What the SDK posts for `iterations` when nothing is said: no bound."""
PURPOSES = {
    "Numeric": "number", "Categorical": "category", "CategoricalHash": "category", "DateTime": "date",
    "Text": "text", "Ignore": "drop", "Hashes": "drop",
}  # fmt: skip


def train_settings(posted: Document, seconds: float, validation: str = "") -> TrainSettings:
    """The engine's settings; the search takes at most `seconds`, however long the experiment may. `validation` is
    the id of the dataset whose rows judge.

    Raises ApiError 400 for what the engine cannot do.
    """
    task = "forecasting" if posted.get("is_timeseries") else posted.get("task_type")
    if task not in PRIMARY_METRICS:
        raise bad_request(f"The emulator does not train {task} models.", "UnsupportedTask")
    metric = posted.get("primary_metric")
    if metric not in PRIMARY_METRICS[task]:
        known = ", ".join(PRIMARY_METRICS[task])
        raise bad_request(
            f"The emulator has no primary metric {metric}; it has {known}.", "UnsupportedMetric"
        )
    iterations = posted.get("iterations") or MOST_ITERATIONS
    folds = posted.get("n_cross_validations")
    asked = {
        "task": task,
        "label": posted.get("label_column_name"),
        "primary_metric": metric,
        "experiment_timeout_minutes": min(posted.get("experiment_timeout_minutes") or 360, seconds / 60),
        "iteration_timeout_minutes": posted.get("iteration_timeout_minutes"),
        "max_concurrent_iterations": min(posted.get("max_concurrent_iterations") or 1, os.cpu_count() or 1),
        "enable_early_stopping": bool(posted.get("enable_early_stopping")),
        "n_cross_validations": folds if isinstance(folds, int) and folds > 1 else None,
        "validation_size": posted.get("validation_size") or None,
        "validation_data": validation or None,
        "cv_split_columns": posted.get("cv_split_column_names"),
        "weight_column": posted.get("weight_column_name"),
        "max_trials": iterations if iterations < MOST_ITERATIONS else None,
        "allowed_models": _allowed(posted, task),
        "blocked_models": _blocked(posted, task),
        "experiment_exit_score": posted.get("experiment_exit_score"),
        "featurization": _featurization(posted.get("featurization")),
        "model_explainability": bool(posted.get("model_explainability")),
        "drop_columns": _without(posted),
        "forecasting": _forecasting(posted) if task == "forecasting" else None,
    }
    try:
        found = msgspec.convert(
            {k: v for k, v in asked.items() if v is not None}, TrainSettings, strict=False
        )
    except msgspec.ValidationError as error:
        raise bad_request(f"The settings cannot be used: {error}", "InvalidSettings") from None
    if wrong := conflict(found):
        raise bad_request(": ".join(wrong), "InvalidSettings")
    return found


def _featurization(posted: Any) -> str | Document:
    """What FeaturizationConfig says of single columns."""
    if not isinstance(posted, dict):
        return "off" if posted == "off" else "auto"
    purposes = _of_config(posted, "column_purposes") or {}
    found = {name: PURPOSES[purpose] for name, purpose in purposes.items() if purpose in PURPOSES}
    return found or "auto"


def _without(posted: Document) -> list[str]:
    """Columns that are no features."""
    config = posted.get("featurization")
    dropped = _of_config(config, "drop_columns") if isinstance(config, dict) else None
    named = [posted.get("drop_column_names"), dropped]
    found = [one for value in named if value for one in ([value] if isinstance(value, str) else value)]
    return list(dict.fromkeys(found))


def _of_config(config: Document, name: str) -> Any:
    """Clients send the fields of the object as they are named inside of it."""
    return config.get(f"_{name}", config.get(name))


def _forecasting(posted: Document) -> Document:
    lags = posted.get("lags")
    if isinstance(lags, dict):
        lags = next(iter(lags.values()), "auto")
    values = {
        "time_column_name": posted.get("time_column_name"),
        "forecast_horizon": posted.get("max_horizon"),
        "time_series_id_column_names": posted.get("grain_column_names"),
        "freq": posted.get("freq"),
        "target_lags": "auto" if lags == ["auto"] else lags,
        "target_rolling_window_size": posted.get("window_size"),
    }
    return {k: v for k, v in values.items() if v not in (None, "auto")}


def _allowed(posted: Document, task: str) -> list[str]:
    """Those of the allowed models that the engine has. Raises ApiError 400 when it has none of them."""
    from mlops_cli.engine.automl.learners import available

    names = posted.get("whitelist_models") or []
    kept = [name for name in names if name in available(task)]
    if names and not kept:
        known = ", ".join(available(task))
        raise bad_request(
            f"The emulator trains none of {', '.join(names)}; it has {known}.", "NoAllowedModel"
        )
    return kept


def _blocked(posted: Document, task: str) -> list[str]:
    from mlops_cli.engine.automl.learners import ENSEMBLES, available

    switches = {"enable_ensembling": ENSEMBLES[0], "enable_stack_ensembling": ENSEMBLES[1]}
    off = [name for switch, name in switches.items() if not posted.get(switch)]
    return [name for name in posted.get("blacklist_algos") or [] if name in available(task)] + off
