"""Settings of an AutoML run, under the names Azure's AutoMLConfig gives them."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct, field

Task = Literal["classification", "regression", "forecasting"]

ClassificationMetric = Literal[
    "AUC_weighted",
    "accuracy",
    "norm_macro_recall",
    "average_precision_score_weighted",
    "precision_score_weighted",
]
RegressionMetric = Literal[
    "normalized_root_mean_squared_error",
    "normalized_mean_absolute_error",
    "r2_score",
    "spearman_correlation",
]
PrimaryMetric = ClassificationMetric | RegressionMetric

PRIMARY_METRICS: dict[str, tuple[str, ...]] = {
    "classification": get_args(ClassificationMetric),
    "regression": get_args(RegressionMetric),
    "forecasting": get_args(RegressionMetric),
}
DEFAULT_PRIMARY_METRIC = {
    "classification": "AUC_weighted",
    "regression": "normalized_root_mean_squared_error",
    "forecasting": "normalized_root_mean_squared_error",
}
LOWER_IS_BETTER = frozenset(
    {
        "normalized_root_mean_squared_error",
        "normalized_mean_absolute_error",
        "normalized_median_absolute_error",
        "normalized_root_mean_squared_log_error",
        "root_mean_squared_error",
        "root_mean_squared_log_error",
        "mean_absolute_error",
        "median_absolute_error",
        "mean_absolute_percentage_error",
        "log_loss",
    }
)

ColumnPurpose = Literal["number", "category", "date", "text", "drop"]
"""What a column is to be taken as (Azure: its column purpose; drop is Ignore)."""

Minutes = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]


class ForecastSettings(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Azure's ForecastingParameters. `forecast_horizon` counts periods of the series' own frequency."""

    time_column_name: str
    forecast_horizon: Count = 14
    time_series_id_column_names: list[str] = field(default_factory=list)
    freq: str | None = None
    target_lags: list[int] | Literal["auto"] = "auto"
    target_rolling_window_size: Count | None = None


class TrainSettings(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Settings of an AutoML run.

    Times are minutes, as in Azure. `validation_size` is a share of the rows; when neither it nor
    `n_cross_validations` is given the engine chooses from the size of the data, as Azure does. `validation_data`
    names a registered dataset, NAME[:VERSION], whose rows judge instead; of `cv_split_columns` each marks with 1
    and 0 the rows that train and those that judge. `weight_column` holds what each row counts, in fits and metrics.
    `featurization` may say of single columns what they are; the others are found out.
    `max_trials` bounds the search by number instead of time (Azure: `iterations`). `engine` is whose AutoML
    searches on this machine; the others are optional extras. `workers` is the address of a Dask scheduler whose
    workers do the trials, one on each at a time.
    """

    task: Task = "classification"
    label: str | None = None
    primary_metric: PrimaryMetric | None = None
    experiment_timeout_minutes: Minutes = 1
    iteration_timeout_minutes: Minutes | None = None
    max_concurrent_iterations: Count = 1
    enable_early_stopping: bool = True
    n_cross_validations: Annotated[int, Meta(ge=2)] | None = None
    validation_size: Annotated[float, Meta(gt=0, lt=1)] | None = None
    validation_data: str | None = None
    cv_split_columns: list[str] = field(default_factory=list)
    weight_column: str | None = None
    max_trials: Count | None = None
    allowed_models: list[str] = field(default_factory=list)
    blocked_models: list[str] = field(default_factory=list)
    experiment_exit_score: float | None = None
    featurization: Literal["auto", "off"] | dict[str, ColumnPurpose] = "auto"
    model_explainability: bool = True
    drop_columns: list[str] = field(default_factory=list)
    seed: int = 0
    forecasting: ForecastSettings | None = None
    engine: Literal["mlops", "flaml", "autogluon"] = "mlops"
    workers: str | None = None

    def metric(self) -> str:
        return self.primary_metric or DEFAULT_PRIMARY_METRIC[self.task]


TRAIN_ALIASES = {
    "timeout_minutes": "experiment_timeout_minutes",
    "trial_timeout_minutes": "iteration_timeout_minutes",
    "max_concurrent": "max_concurrent_iterations",
    "early_stopping": "enable_early_stopping",
}


_WAYS_TO_JUDGE = ("validation_data", "cv_split_columns", "n_cross_validations", "validation_size")


def misfits(settings: TrainSettings) -> Iterator[tuple[str, str]]:
    """(key, text) of every setting that does not go with the others."""
    checks = (unfit_metric, missing_time, overlap, conflict)
    yield from (found for check in checks if (found := check(settings)))


def unfit_metric(settings: TrainSettings) -> tuple[str, str] | None:
    task, metric = settings.task, settings.primary_metric
    if metric is None or metric in PRIMARY_METRICS[task]:
        return None
    return "primary_metric", f"'{metric}' is no metric of {task}; it has {', '.join(PRIMARY_METRICS[task])}"


def missing_time(settings: TrainSettings) -> tuple[str, str] | None:
    if settings.task != "forecasting" or settings.forecasting is not None:
        return None
    return "task", "forecasting needs train.forecasting.time_column_name too"


def overlap(settings: TrainSettings) -> tuple[str, str] | None:
    blocked = {name.lower() for name in settings.blocked_models}
    both = [name for name in settings.allowed_models if name.lower() in blocked]
    return ("blocked_models", f"also in train.allowed_models: {', '.join(both)}") if both else None


def conflict(settings: TrainSettings) -> tuple[str, str] | None:
    """Which setting does not go with the others, and why."""
    return _judging_conflict(settings) or _weights_conflict(settings)


def _judging_conflict(settings: TrainSettings) -> tuple[str, str] | None:
    if settings.task == "forecasting" and settings.cv_split_columns:
        return "cv_split_columns", "columns cannot split series in time"
    first, *others = [name for name in _WAYS_TO_JUDGE if getattr(settings, name)] or [""]
    if others and first in _WAYS_TO_JUDGE[:2]:
        return others[0], f"{first} says already which rows judge"
    return None


def _weights_conflict(settings: TrainSettings) -> tuple[str, str] | None:
    if settings.weight_column and settings.task == "forecasting":
        return "weight_column", "forecasts are not weighed"
    if settings.weight_column and settings.metric() == "spearman_correlation":
        return "primary_metric", "spearman_correlation takes no weights"
    return None


def is_better(metric: str, new: float, old: float) -> bool:
    """Whether `new` beats `old` under `metric`."""
    return new < old if metric in LOWER_IS_BETTER else new > old


class TrainRequest(Struct):
    """Train on a registered dataset. `model_name` is what the best model is registered as, None: not at all."""

    dataset: str
    version: int
    experiment: str
    settings: TrainSettings
    model_name: str | None = None
    model_tags: dict[str, str] = field(default_factory=dict)
    always_new: bool = False
