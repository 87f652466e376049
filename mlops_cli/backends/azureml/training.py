"""From our training settings to the SDK's AutoMLConfig, and its submission."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.backends.azureml import compute
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import with_own
from mlops_cli.domain.training import ForecastSettings, TrainRequest, TrainSettings
from mlops_cli.errors import UsageError

if TYPE_CHECKING:
    from azureml.core import Run
    from azureml.data import TabularDataset
    from azureml.train.automl import AutoMLConfig


_PURPOSES = {
    "number": "Numeric",
    "category": "Categorical",
    "date": "DateTime",
    "text": "Text",
    "drop": "Ignore",
}
LEAST_MINUTES = 15
"""Azure refuses AutoML experiments that are to end earlier."""


def check(settings: TrainSettings) -> None:
    """Raises UsageError for what Azure would refuse after data and compute have been prepared."""
    if settings.engine != "mlops":
        message = f"Azure's AutoML is its own engine; train.engine: {settings.engine} is for this machine"
        raise UsageError(message, hint="leave train.engine out")
    if settings.workers:
        message = "on Azure the trials run on the profile's compute; train.workers is for this machine"
        raise UsageError(message, hint="leave train.workers out")
    if settings.experiment_timeout_minutes < LEAST_MINUTES:
        message = f"Azure's AutoML takes at least {LEAST_MINUTES} minutes as train.timeout_minutes"
        raise UsageError(message, hint="to search less, set train.max_trials or train.experiment_exit_score")


def unheeded(settings: TrainSettings) -> list[str]:
    """What is set and has no counterpart in Azure's AutoML, one line each."""
    said = []
    if settings.seed != TrainSettings().seed:
        said.append("Azure's AutoML takes no seed; train.seed is not passed on")
    minutes = settings.iteration_timeout_minutes
    if minutes is not None and minutes != _whole(minutes):
        said.append(f"Azure counts whole minutes; a trial may take {_whole(minutes)}, not {minutes:g}")
    return said


def _whole(minutes: float) -> int:
    return max(1, round(minutes))


def run_key(request: TrainRequest, table: TabularDataset) -> str:
    """What two requests share when they ask for the same run."""
    what = (table.id, request.experiment, request.settings, request.model_name)
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:32]


def submit(
    session: Session,
    request: TrainRequest,
    table: TabularDataset,
    key: str,
    validation: TabularDataset | None,
) -> Run:
    """Start the run on the profile's compute."""
    from azureml.core import Experiment

    made = config(request.settings, table, compute.ensure(session), validation)
    experiment = Experiment(session.workspace, request.experiment)
    return experiment.submit(made, tags=with_own({}, key=key), show_output=False)


def describe(run: Run, request: TrainRequest) -> None:
    """Note what was asked for, unless the run has it: the command that submitted it may have been cut short."""
    told = with_own({}, request=msgspec.json.encode(request).decode())
    if not told.keys() <= run.properties.keys():
        run.add_properties(told)


def config(
    settings: TrainSettings, table: TabularDataset, target: Any, validation: TabularDataset | None
) -> AutoMLConfig:
    """The settings in the SDK's words; what is not set keeps Azure's default."""
    from azureml.train.automl import AutoMLConfig

    return AutoMLConfig(
        task=settings.task,
        primary_metric=settings.metric(),
        training_data=_wanted(table, settings),
        validation_data=validation and _wanted(validation, settings),
        label_column_name=settings.label,
        compute_target=target,
        featurization=_featurization(settings),
        max_concurrent_iterations=settings.max_concurrent_iterations,
        enable_early_stopping=settings.enable_early_stopping,
        experiment_timeout_hours=settings.experiment_timeout_minutes / 60,
        model_explainability=settings.model_explainability,
        **_given(settings),
    )


def _wanted(table: TabularDataset, settings: TrainSettings) -> TabularDataset:
    return table.drop_columns(settings.drop_columns) if settings.drop_columns else table


def _featurization(settings: TrainSettings) -> Any:
    if isinstance(settings.featurization, str):
        return settings.featurization
    from azureml.automl.core.featurization import FeaturizationConfig

    config = FeaturizationConfig()
    for column, purpose in settings.featurization.items():
        config.add_column_purpose(column, _PURPOSES[purpose])
    return config


def _given(settings: TrainSettings) -> dict[str, Any]:
    """What is said only where it is said in the profile, so that Azure's own defaults hold otherwise."""
    minutes = settings.iteration_timeout_minutes
    values = {
        "iterations": settings.max_trials,
        "iteration_timeout_minutes": None if minutes is None else _whole(minutes),
        "n_cross_validations": settings.n_cross_validations,
        "validation_size": settings.validation_size,
        "weight_column_name": settings.weight_column,
        "cv_split_column_names": settings.cv_split_columns or None,
        "allowed_models": settings.allowed_models or None,
        "blocked_models": settings.blocked_models or None,
        "experiment_exit_score": settings.experiment_exit_score,
        "forecasting_parameters": _forecasting(settings.forecasting),
    }
    return {key: value for key, value in values.items() if value is not None}


def _forecasting(settings: ForecastSettings | None) -> Any:
    if settings is None:
        return None
    from azureml.automl.core.forecasting_parameters import ForecastingParameters

    return ForecastingParameters(
        time_column_name=settings.time_column_name,
        forecast_horizon=settings.forecast_horizon,
        time_series_id_column_names=settings.time_series_id_column_names or None,
        freq=settings.freq,
        target_lags=settings.target_lags,
        target_rolling_window_size=settings.target_rolling_window_size,
    )
