"""A pipeline as its YAML says it: parameters, data, and steps of three types that inputs and outputs order."""

import os
import re
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from mlops_cli.domain.training import TrainSettings
from mlops_cli.errors import NotFoundError

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]
Above0 = Annotated[float, Meta(gt=0)]
FileName = Annotated[str, Meta(pattern=r"^\w[\w .-]*$")]
FAILED_ITEMS, SUMMARY = "failed_items.csv", "summary.json"
"""What lies beside the results of a batch step."""
Parameter = str | int | float | bool


class DataInput(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Data that comes from outside: a file or folder, a registered dataset or model (NAME or NAME:VERSION)."""

    path: str | None = None
    dataset: str | None = None
    model: str | None = None


class Environment(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What a step runs in. `python` is an interpreter on this machine; `name` and `packages` are for Azure."""

    name: str | None = None
    packages: list[str] = field(default_factory=list)
    python: str | None = None
    variables: dict[str, str] = field(default_factory=dict)


class StepSettings(
    Struct, omit_defaults=True, forbid_unknown_fields=True, kw_only=True, tag_field="type", tag="step"
):
    """What all steps have. An input is data.NAME or STEP.OUTPUT; `after` orders without data."""

    name: str
    inputs: dict[str, str] = field(default_factory=dict)
    after: list[str] = field(default_factory=list)
    compute: str | None = None
    environment: Environment = field(default_factory=Environment)
    retries: NotNegative = 0
    timeout_minutes: Above0 | None = None
    allow_reuse: bool = True


class ScriptStep(StepSettings, tag="script"):
    """A Python script in a process of its own. A path in `arguments` is $(inputs.NAME) or $(outputs.NAME)."""

    script: str
    source_directory: str | None = None
    arguments: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


class AutoMLStep(StepSettings, tag="automl"):
    """An AutoML run on its one input. Its outputs are `model` (a folder) and `metrics` (a JSON file)."""

    train: TrainSettings = field(default_factory=TrainSettings)
    model_name: str | None = None
    model_tags: dict[str, str] = field(default_factory=dict)


class BatchStep(StepSettings, tag="batch"):
    """An entry script with init() and run(mini_batch), over mini-batches in parallel processes.

    A mini-batch is `mini_batch_size` rows of a table (a DataFrame) or files of a folder (a list of paths).
    The names are those of Azure's ParallelRunConfig; `error_threshold` -1 ignores all failures.
    """

    entry_script: str
    source_directory: str | None = None
    arguments: list[str] = field(default_factory=list)
    mini_batch_input: str | None = None
    mini_batch_size: Positive = 1000
    workers: Positive | None = None
    nodes: Positive = 1
    error_threshold: Annotated[int, Meta(ge=-1)] = -1
    output_action: Literal["append_row", "summary_only"] = "append_row"
    append_row_file_name: FileName = "parallel_run_step.txt"
    run_max_try: Positive = 3
    run_invocation_timeout: Positive = 60


Step = AutoMLStep | ScriptStep | BatchStep


class PipelineSettings(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A pipeline. Each step has a name, a type and settings of its own."""

    name: str | None = None
    version: str | None = None
    description: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    data: dict[str, DataInput] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


class PipelineDefinition(Struct):
    """A checked pipeline that can be run or published.

    `document` is its YAML as plain values in which $(parameters.NAME) still stands; `root` is the folder that
    its paths are seen from.
    """

    name: str
    document: dict[str, Any]
    root: str


def experiment_of(pipeline: str) -> str:
    """The experiment of its runs unless another is named. Azure's have no spaces and no dots."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", pipeline)


def type_of(step: Step) -> str:
    return str(step.__struct_config__.tag)


def outputs_of(step: Step) -> list[str]:
    """The names of what a step leaves behind."""
    match step:
        case AutoMLStep():
            return ["model", "metrics"]
        case BatchStep():
            return ["results"]
        case _:
            return step.outputs


def code_of(step: Step) -> str | None:
    """The step's script, as it is written."""
    match step:
        case ScriptStep():
            return step.script
        case BatchStep():
            return step.entry_script
        case _:
            return None


def source_folder(root: str, own: str | None, script: str) -> str:
    """What a step takes with it: its own source directory, or the folder of its script."""
    return os.path.join(root, own) if own else os.path.dirname(os.path.join(root, script))


def script_file(definition: PipelineDefinition, step: Step) -> str | None:
    """Where the step's script lies; None for a step without one. Raises NotFoundError when it is not there."""
    script = code_of(step)
    if script is None:
        return None
    file = os.path.join(definition.root, getattr(step, "source_directory", None) or "", script)
    if not os.path.isfile(file):
        raise NotFoundError(f"step '{step.name}': there is no script {file}", hint="correct the pipeline")
    return file
