"""A script step of a pipeline as Azure's PythonScriptStep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml.pipelines.arguments import Arguments
from mlops_cli.backends.azureml.pipelines.data import distinct
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.pipelines import BatchStep, ScriptStep, Step
from mlops_cli.domain.references import unescape

if TYPE_CHECKING:
    from azureml.core import Environment, RunConfiguration

    from mlops_cli.backends.azureml.pipelines.build import Builder

SDK = "azureml-defaults"
ROWS = "azureml-dataset-runtime[fuse,pandas]"
"""What mini-batches of rows take."""


def make(builder: Builder, session: Session, step: ScriptStep, raw: dict[str, Any], source: Path) -> Any:
    from azureml.pipeline.steps import PythonScriptStep

    inputs = {name: builder.input(name, text) for name, text in step.inputs.items()}
    outputs = {name: builder.output(step.name, name) for name in step.outputs}
    arguments = Arguments(builder, raw, {"inputs": inputs, "outputs": outputs})
    return PythonScriptStep(
        script_name=arguments.script(step, source),
        name=step.name,
        arguments=arguments.values(),
        inputs=distinct(inputs.values()),
        outputs=list(outputs.values()),
        compute_target=builder.target(step),
        source_directory=str(source),
        runconfig=_configuration(session, step),
        allow_reuse=step.allow_reuse,
    )


def _configuration(session: Session, step: Step) -> RunConfiguration:
    from azureml.core import RunConfiguration

    made = RunConfiguration()
    made.environment = environment(session, step)
    made.environment_variables = variables(step)
    if step.timeout_minutes:
        made.max_run_duration_seconds = round(step.timeout_minutes * 60)
    return made


def variables(step: Step) -> dict[str, str]:
    """Those in which paths or parameters stand are put together where the step runs: see `arguments`."""
    return {name: unescape(text) for name, text in step.environment.variables.items()}


def environment(session: Session, step: Step) -> Environment:
    """The named environment of the workspace, or one with the step's packages."""
    from azureml.core import Environment
    from azureml.core.conda_dependencies import CondaDependencies

    wanted = step.environment
    if wanted.name:
        name, _, version = wanted.name.partition(":")
        return Environment.get(session.workspace, name, version or None)
    made = Environment(f"mlops-{step.name}")
    own = [SDK, ROWS] if isinstance(step, BatchStep) else [SDK]
    made.python.conda_dependencies = CondaDependencies.create(pip_packages=[*own, *wanted.packages])
    return made
