"""Other projects' AutoML as one trial of ours: judged on rows that it did not get, then fitted on all of them.

They keep their own time, and may overrun it. FLAML's final fit takes the settings that its search found; AutoGluon
searches again in the time that is left.
"""

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.clock import Limits
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.model.foreign import AutoGluonMember, FlamlMember, as_frame, packed
from mlops_cli.errors import MissingExtraError, UsageError

Fit = Callable[[FitData, Parameters, Limits], tuple[Any, int]]

_FLAML_METRICS = {
    "accuracy": "accuracy",
    "average_precision_score_weighted": "ap",
    "normalized_mean_absolute_error": "mae",
    "r2_score": "r2",
}
_AUTOGLUON_METRICS = {
    "accuracy": "accuracy",
    "norm_macro_recall": "balanced_accuracy",
    "average_precision_score_weighted": "average_precision",
    "precision_score_weighted": "precision_weighted",
    "normalized_mean_absolute_error": "mean_absolute_error",
    "r2_score": "r2",
    "spearman_correlation": "spearmanr",
}
_LEAST_SECONDS = 1.0


def check(settings: TrainSettings) -> str:
    """The algorithm's name on the leaderboard. Raises MissingExtraError or UsageError when it cannot run."""
    name, module, _ = ENGINES[settings.engine]
    if not _installed(module):
        hint = f"pip install 'mlops-cli[{settings.engine}]'"
        raise MissingExtraError(f"the engine {settings.engine} needs the package {module}", hint=hint)
    if settings.weight_column:
        raise UsageError(f"the engine {settings.engine} weighs no rows here", hint="train.engine: mlops")
    if settings.task == "forecasting" or settings.allowed_models or settings.blocked_models:
        what = (
            "does no forecasting here" if settings.task == "forecasting" else "chooses its models by itself"
        )
        raise UsageError(f"the engine {settings.engine} {what}", hint="train.engine: mlops")
    return name


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package above it
        return False


def candidate(settings: TrainSettings) -> tuple[str, Parameters]:
    return ENGINES[settings.engine][0], {"metric": settings.metric()}


def fit_flaml(data: FitData, parameters: Parameters, limits: Limits) -> tuple[FlamlMember, int]:
    import pickle

    from flaml import AutoML

    automl = AutoML()
    automl.fit(
        as_frame(data.matrix),  # of a plain matrix FLAML fills no gaps
        data.y,
        task="classification" if data.outputs > 1 else "regression",
        metric=_flaml_metric(parameters["metric"], data.outputs),
        n_jobs=limits.threads,
        seed=data.seed,
        verbose=0,
        log_file_name="",
        **_flaml_search(parameters, limits),
    )
    found = {"learner": automl.best_estimator, "config": _plain(automl.best_config)}
    return FlamlMember(pickle.dumps(automl), data.outputs, found), 0


def _plain(config: Parameters) -> Parameters:
    """Without numpy's types, which JSON does not know."""
    return {name: value.item() if hasattr(value, "item") else value for name, value in config.items()}


def _flaml_search(parameters: Parameters, limits: Limits) -> dict[str, Any]:
    """Until the deadline, or the one fit of what an earlier search has found."""
    seconds = max(limits.deadline - time.time(), _LEAST_SECONDS)
    if "config" not in parameters:
        return {"time_budget": seconds}
    learner = parameters["learner"]
    return {
        "time_budget": seconds,
        "max_iter": 1,
        "estimator_list": [learner],
        "starting_points": {learner: parameters["config"]},
    }


def _flaml_metric(metric: str, outputs: int) -> str:
    if outputs == 1:
        return _FLAML_METRICS.get(metric, "rmse")
    if metric == "AUC_weighted":
        return "roc_auc" if outputs == 2 else "roc_auc_ovr_weighted"
    return _FLAML_METRICS.get(metric, "log_loss") if outputs == 2 or metric == "accuracy" else "log_loss"


def fit_autogluon(data: FitData, parameters: Parameters, limits: Limits) -> tuple[AutoGluonMember, int]:
    from autogluon.tabular import TabularPredictor

    kinds = {1: "regression", 2: "binary"}
    with TemporaryDirectory(prefix="autogluon-") as folder:
        predictor = TabularPredictor(
            "label",
            problem_type=kinds.get(data.outputs, "multiclass"),
            eval_metric=_autogluon_metric(parameters["metric"], data.outputs),
            path=str(Path(folder) / "all"),
            verbosity=0,
        )
        predictor.fit(
            as_frame(data.matrix).assign(label=data.y),
            time_limit=max(limits.deadline - time.time(), _LEAST_SECONDS),
            presets="medium_quality",
            num_cpus=limits.threads,
            num_gpus=0,
        )
        best = predictor.clone_for_deployment(str(Path(folder) / "best"))
        return AutoGluonMember(packed(Path(best)), data.outputs), 0


def _autogluon_metric(metric: str, outputs: int) -> str:
    if outputs == 1:
        return _AUTOGLUON_METRICS.get(metric, "root_mean_squared_error")
    if metric == "AUC_weighted":
        return "roc_auc" if outputs == 2 else "roc_auc_ovr_weighted"
    of_two = metric == "average_precision_score_weighted"
    return _AUTOGLUON_METRICS.get(metric, "log_loss") if outputs == 2 or not of_two else "log_loss"


ENGINES: dict[str, tuple[str, str, Fit]] = {
    "flaml": ("FLAML", "flaml", fit_flaml),
    "autogluon": ("AutoGluon", "autogluon.tabular", fit_autogluon),
}


def is_foreign(algorithm: str) -> bool:
    """Whether another project's engine does the fits of `algorithm`."""
    return algorithm in {shown for shown, _, _ in ENGINES.values()}
