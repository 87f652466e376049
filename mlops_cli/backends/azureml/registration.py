"""Registering the best model of an AutoML run, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field

from mlops_cli.backends.azureml import history
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own, with_own
from mlops_cli.domain.runs import Run
from mlops_cli.domain.training import TrainSettings
from mlops_cli.errors import UsageError
from mlops_cli.status import RunStatus

if TYPE_CHECKING:
    from azureml.core import Model as AzureModel
    from azureml.core import Run as AzureRun

MODEL_FILE = "outputs/model.pkl"


class Facts(Struct, omit_defaults=True):
    """What a registered model remembers of where it comes from. `run_id` is the AutoML run."""

    content: str
    task: str | None = None
    algorithm: str | None = None
    run_id: str | None = None
    dataset: str | None = None
    label: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    forecasting: dict[str, Any] | None = None


def facts_of(model: AzureModel) -> Facts:
    told = own(model.properties).get("facts")
    return msgspec.json.decode(told, type=Facts) if told else Facts(content=str(model.id))


def register_best(
    session: Session, run: AzureRun, known: Run, name: str, tags: dict[str, str] | None = None
) -> tuple[AzureModel, bool]:
    """Register the run's best model under `name`; the newest version, where that is it already."""
    from azureml.core import Model as AzureModel

    if known.status != RunStatus.COMPLETED:
        message = f"run {known.run_id} is {known.status}: it has no model"
        raise UsageError(message, hint=f"mlops runs show {known.run_id}")
    best = run.get_best_child()
    newest = next(iter(AzureModel.list(session.workspace, name=name, latest=True)), None)
    if newest is not None and newest.run_id == best.id:
        return _noted(run, newest), False
    request = known.properties["request"]
    told = msgspec.json.encode(_facts(best, known)).decode()
    chosen = (request.get("model_tags") or {}) if tags is None else tags
    made = best.register_model(
        model_name=name, model_path=MODEL_FILE, tags=chosen, properties=with_own({}, facts=told)
    )
    return _noted(run, made), True


def _noted(run: AzureRun, model: AzureModel) -> AzureModel:
    """The model, after the run's own wish for it has been noted as granted."""
    if "mlops_model" not in run.tags:
        run.set_tags(with_own({}, model=f"{model.name}:{model.version}"))
    return model


def _facts(best: AzureRun, known: Run) -> Facts:
    request = known.properties["request"]
    settings = request.get("settings") or {}
    logged = best.get_metrics()
    return Facts(
        content=best.id,
        task=settings.get("task") or settings.get("task_type") or TrainSettings().task,
        algorithm=history.algorithm(best.properties),
        run_id=known.run_id,
        dataset=f"{request['dataset']}:{request['version']}" if request["dataset"] else None,
        label=settings.get("label") or settings.get("label_column_name"),
        metrics={name: float(value) for name, value in logged.items() if isinstance(value, int | float)},
        forecasting=settings.get("forecasting"),
    )
