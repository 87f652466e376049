"""An AutoML step of a pipeline as Azure's AutoMLStep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from mlops_cli.backends.azureml import training
from mlops_cli.backends.azureml.data import AzureData
from mlops_cli.backends.azureml.pipelines import tables
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.data import versioned
from mlops_cli.domain.pipeline_graph import source_of
from mlops_cli.domain.pipelines import AutoMLStep
from mlops_cli.errors import UsageError

if TYPE_CHECKING:
    from mlops_cli.backends.azureml.pipelines.build import Builder
    from mlops_cli.domain.training import TrainSettings


def make(builder: Builder, session: Session, step: AutoMLStep, folder: Path) -> Any:
    """The step; its output `model` is the pickled model, `metrics` those of all trials.

    Raises UsageError for settings that Azure refuses.
    """
    training.check(step.train)
    [text] = step.inputs.values()
    settings = settings_of(builder, step)
    judging = step.train.validation_data
    validation = AzureData(session).table(*versioned(judging)) if judging else None
    table = tables.table(builder, session, text)
    config = training.config(settings, table, builder.target(step), validation)
    code = folder / "automl"
    code.mkdir(exist_ok=True)
    config.user_settings["path"] = str(code)
    made = _kind()(
        name=step.name,
        automl_config=config,
        outputs=[builder.output(step.name, name) for name in ("model", "metrics")],
        allow_reuse=step.allow_reuse,
        enable_default_model_output=False,
        enable_default_metrics_output=False,
    )
    config.user_settings["path"] = "."  # where the code is just now is no reason to search again
    return made


def settings_of(builder: Builder, step: AutoMLStep) -> TrainSettings:
    """Those of the step, with what its data say is to be predicted."""
    [text] = step.inputs.values()
    return replace(step.train, label=step.train.label or _predicted(builder, step, text))


def _kind() -> Any:
    from azureml.pipeline import steps

    class AutoMLStep(steps.AutoMLStep):
        """Says the same in every process, so that Azure can tell what it has done already.

        It has its name of old, by which Azure knows what kind of step it is.
        """

        def _get_automl_settings(self, context: Any) -> dict[str, Any]:
            settings = super()._get_automl_settings(context)
            told = json.loads(settings[self.AUTOML_CONFIG_PARAM_NAME])
            own = json.loads(told["aml_settings_json_string"])
            for one in (settings, own):
                one["supported_models"] = sorted(one["supported_models"])  # of a set
            told["aml_settings_json_string"] = json.dumps(own)
            return settings | {self.AUTOML_CONFIG_PARAM_NAME: json.dumps(told)}

    return AutoMLStep


def _predicted(builder: Builder, step: AutoMLStep, text: str) -> str:
    """The label that the dataset was registered with."""
    source, name = source_of(text)
    found = builder.data()[name].predicted if source == "data" else None
    if found is None:
        message = f"step '{step.name}': nothing says which column to predict"
        raise UsageError(message, hint="set train.label in the step")
    return found
