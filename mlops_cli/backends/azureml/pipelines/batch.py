"""A batch step of a pipeline as Azure's ParallelRunStep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml.pipelines import data
from mlops_cli.backends.azureml.pipelines.script import arguments, environment
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.pipelines import BatchStep
from mlops_cli.engine.pipelines.planning import script_in_snapshot
from mlops_cli.errors import UsageError

if TYPE_CHECKING:
    from mlops_cli.backends.azureml.pipelines.build import Builder


def make(builder: Builder, session: Session, step: BatchStep, raw: dict[str, Any], source: Path) -> Any:
    """Azure cuts tables by bytes: mini_batch_size rows become as many bytes as they take on average.

    Raises UsageError when the mini-batches are to be cut from the output of another step, and for arguments
    that would be mixed up with Azure's own.
    """
    from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep

    if step.arguments and not step.arguments[0].startswith("-"):
        message = f"step '{step.name}': on Azure the arguments of a batch step begin with a flag"
        raise UsageError(message, hint="as in: arguments: [--model, $(inputs.model)]")
    cut = step.mini_batch_input or next(iter(step.inputs))
    sides = {name: builder.input(name, text) for name, text in step.inputs.items() if name != cut}
    found = builder.source(step, step.inputs[cut])
    config = ParallelRunConfig(
        environment=environment(session, step),
        entry_script=script_in_snapshot(step),
        source_directory=str(source),
        error_threshold=step.error_threshold,
        output_action=step.output_action,
        append_row_file_name=step.append_row_file_name,
        compute_target=builder.target(step),
        node_count=step.nodes,
        process_count_per_node=step.workers,
        mini_batch_size=_size(step, found),
        run_max_try=step.run_max_try,
        run_invocation_timeout=step.run_invocation_timeout,
    )
    return ParallelRunStep(
        name=step.name,
        parallel_run_config=config,
        inputs=[_rows_or_files(session, found, cut)],
        side_inputs=list(sides.values()) or None,
        output=builder.output(step.name, "results"),
        arguments=arguments(builder, step, raw, sides, {}),
        allow_reuse=step.allow_reuse,
    )


def _size(step: BatchStep, found: data.Resolved) -> str:
    if found.bytes_per_row is None:
        return str(step.mini_batch_size)
    return f"{max(1, round(step.mini_batch_size * found.bytes_per_row / 1024))}KB"


def _rows_or_files(session: Session, found: data.Resolved, name: str) -> Any:
    if found.bytes_per_row is None:
        return found.dataset.as_named_input(name).as_mount()
    return data.table(session, found).as_named_input(name)
