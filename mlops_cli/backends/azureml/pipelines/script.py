"""A script step of a pipeline as Azure's PythonScriptStep."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.pipelines import BatchStep, ScriptStep, Step
from mlops_cli.domain.references import references, unescape
from mlops_cli.engine.pipelines.planning import script_in_snapshot
from mlops_cli.errors import UsageError

if TYPE_CHECKING:
    from azureml.core import Environment, RunConfiguration

    from mlops_cli.backends.azureml.pipelines.build import Builder

_WHOLE = re.compile(r"\$\((?P<kind>parameters|inputs|outputs)\.(?P<name>[\w-]+)\)", re.ASCII)
SDK = "azureml-defaults"


def open_names(raw: dict[str, Any]) -> set[str]:
    """The parameters that are arguments of their own, which a run of a published pipeline may choose."""
    found = [_WHOLE.fullmatch(argument) for argument in raw.get("arguments", []) if isinstance(argument, str)]
    return {match["name"] for match in found if match and match["kind"] == "parameters"}


def make(builder: Builder, session: Session, step: ScriptStep, raw: dict[str, Any], source: Path) -> Any:
    """Raises UsageError for arguments that Azure cannot fill in."""
    from azureml.pipeline.steps import PythonScriptStep

    inputs = {name: builder.input(name, text) for name, text in step.inputs.items()}
    outputs = {name: builder.output(step.name, name) for name in step.outputs}
    if step.retries:
        session.say(f"step {step.name}: Azure does not repeat failed steps; retries is not used")
    return PythonScriptStep(
        script_name=script_in_snapshot(step),
        name=step.name,
        arguments=arguments(builder, step, raw, inputs, outputs),
        inputs=list(inputs.values()),
        outputs=list(outputs.values()),
        compute_target=builder.target(step),
        source_directory=str(source),
        runconfig=_configuration(session, step),
        allow_reuse=step.allow_reuse,
    )


def arguments(
    builder: Builder,
    step: ScriptStep | BatchStep,
    raw: dict[str, Any],
    inputs: dict[str, Any],
    outputs: dict[str, Any],
) -> list[Any]:
    known = {"inputs": inputs, "outputs": outputs}
    found = []
    for written, resolved in zip(raw.get("arguments", []), step.arguments, strict=True):
        whole = _WHOLE.fullmatch(str(written))
        if whole and whole["kind"] == "parameters":
            found.append(builder.parameter(whole["name"]))
        elif whole:
            found.append(known[whole["kind"]][whole["name"]])
        elif references(resolved):
            hint = "make it two arguments: the flag, and $(inputs.NAME) or $(outputs.NAME) alone"
            raise UsageError(
                f"step '{step.name}': Azure cannot put a path into the argument '{resolved}'", hint=hint
            )
        else:
            found.append(unescape(resolved))
    return found


def _configuration(session: Session, step: Step) -> RunConfiguration:
    from azureml.core import RunConfiguration

    made = RunConfiguration()
    made.environment = environment(session, step)
    made.environment_variables = dict(step.environment.variables)
    if step.timeout_minutes:
        made.max_run_duration_seconds = round(step.timeout_minutes * 60)
    return made


def environment(session: Session, step: Step) -> Environment:
    """The named environment of the workspace, or one with the step's packages."""
    from azureml.core import Environment
    from azureml.core.conda_dependencies import CondaDependencies

    wanted = step.environment
    if wanted.name:
        name, _, version = wanted.name.partition(":")
        return Environment.get(session.workspace, name, version or None)
    made = Environment(f"mlops-{step.name}")
    made.python.conda_dependencies = CondaDependencies.create(pip_packages=[SDK, *wanted.packages])
    return made
