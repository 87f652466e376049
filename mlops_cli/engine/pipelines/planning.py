"""From a definition and what a run is given to a plan in which nothing is left open but the work itself."""

import os
import re
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from mlops_cli import paths
from mlops_cli.domain.data import versioned
from mlops_cli.domain.parameters import assigned
from mlops_cli.domain.pipeline_runs import SubmitRequest
from mlops_cli.domain.pipelines import (
    BatchStep,
    DataInput,
    Parameter,
    PipelineDefinition,
    PipelineSettings,
    ScriptStep,
    Step,
    script_file,
    source_folder,
)
from mlops_cli.domain.references import as_text, literal, put_everywhere, references, texts
from mlops_cli.engine.pipelines import content
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError, UsageError

_PLACE = re.compile(r" - at `\$\.?(.*)`$")


class Source(Struct):
    """Data from outside: where it is, what it is called, and its content (None: hashed when it is read)."""

    kind: Literal["path", "dataset", "model"]
    path: str
    label: str
    content_hash: str | None = None


class Plan(Struct):
    """What a run does: its steps with parameters put in, their data, and the hash of each step's code."""

    steps: list[Step]
    data: dict[str, Source]
    code: dict[str, str]
    parameters: dict[str, Any]
    definition: PipelineDefinition


def plan(
    store: Store, definition: PipelineDefinition, request: SubmitRequest, code: dict[str, str] | None = None
) -> Plan:
    """Resolve parameters, data and code. `code` are snapshots made earlier, by step.

    Raises UsageError naming the parameter or the data that does not fit, NotFoundError for what is not there.
    """
    defaults = definition.document.get("parameters", {})
    parameters = defaults | assigned(defaults, request.parameters)
    settings = resolve(definition, parameters)
    data = {
        name: _source(store, definition, name, given) for name, given in _given(settings, request).items()
    }
    kept = code or snapshots(store.home, definition, settings)
    return Plan(settings.steps, data, kept, parameters, definition)


def snapshots(home: Path, definition: PipelineDefinition, settings: PipelineSettings) -> dict[str, str]:
    """Keep the code of all steps that have some; returns its hash by step."""
    folders = {step.name: code_folder(definition, step) for step in settings.steps}
    kept = {folder: content.snapshot(home, Path(folder)) for folder in set(folders.values()) if folder}
    return {name: kept[folder] for name, folder in folders.items() if folder}


def code_folder(definition: PipelineDefinition, step: Step) -> str | None:
    """The source directory of a step; None when it has no code. Raises NotFoundError without its script."""
    file = script_file(definition, step)
    if file is None or not isinstance(step, ScriptStep | BatchStep):
        return None
    return source_folder(definition.root, step.source_directory, script_of(step))


def script_of(step: ScriptStep | BatchStep) -> str:
    return step.script if isinstance(step, ScriptStep) else step.entry_script


def script_in_snapshot(step: ScriptStep | BatchStep) -> str:
    """The script's place below the source directory."""
    return script_of(step) if step.source_directory else os.path.basename(script_of(step))


def resolve(definition: PipelineDefinition, parameters: dict[str, Parameter]) -> PipelineSettings:
    """The typed pipeline with parameters put in. Raises UsageError naming the parameter that does not fit."""
    document = definition.document
    steps = [_with_parameters(step, parameters) for step in document["steps"]]
    try:
        return msgspec.convert(document | {"steps": steps}, PipelineSettings)
    except msgspec.ValidationError as error:
        text = str(error)
        place = _PLACE.search(text)
        where = place[1] if place else ""
        names = [name for at, found in texts(document) if at == where
                 for kind, name in references(found) if kind == "parameters"]  # fmt: skip
        message = f"parameter '{names[0]}' does not fit" if names else "the pipeline does not fit"
        value = f" {parameters[names[0]]!r}" if names else ""
        raise UsageError(f"{message} {where}:{value} ({_PLACE.sub('', text)})") from None


def _with_parameters(step: dict[str, Any], parameters: dict[str, Parameter]) -> dict[str, Any]:
    """Among the arguments and variables a number is text, and other references are put in later."""
    done: dict[str, Any] = put_everywhere(step, "parameters", parameters) if parameters else dict(step)
    values = {name: literal(value) for name, value in parameters.items()}
    if "arguments" in step:
        done["arguments"] = [as_text(put_everywhere(one, "parameters", values)) for one in step["arguments"]]
    if given := step.get("environment", {}).get("variables"):
        words = {name: as_text(put_everywhere(one, "parameters", values)) for name, one in given.items()}
        done["environment"] = done["environment"] | {"variables": words}
    return done


def _given(settings: PipelineSettings, request: SubmitRequest) -> dict[str, DataInput]:
    if unknown := [name for name in request.data if name not in settings.data]:
        known = ", ".join(settings.data) or "it has none"
        raise UsageError(f"the pipeline has no data '{unknown[0]}'; there is: {known}")
    return settings.data | request.data


def _source(store: Store, definition: PipelineDefinition, name: str, given: DataInput) -> Source:
    if given.dataset:
        dataset = store.datasets.get(*versioned(given.dataset))
        path = paths.dataset_file(store.home, dataset.content_hash, dataset.format)
        return Source("dataset", str(path), f"{dataset.name}:{dataset.version}", dataset.content_hash)
    if given.model:
        model = store.models.get(*versioned(given.model))
        return Source("model", model.path, f"{model.name}:{model.version}", model.content_hash)
    path = Path(definition.root) / Path(given.path or "").expanduser()
    if not path.exists():
        raise NotFoundError(
            f"data '{name}': there is no {path}", hint=f"correct it, or use --data {name}=PATH"
        )
    return Source("path", str(path), given.path or "")
