"""A batch step of a pipeline as Azure's ParallelRunStep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml.pipelines import tables
from mlops_cli.backends.azureml.pipelines.arguments import OPEN_SETTINGS, Arguments, whole
from mlops_cli.backends.azureml.pipelines.data import distinct, port_name
from mlops_cli.backends.azureml.pipelines.script import environment, variables
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.pipeline_graph import source_of
from mlops_cli.domain.pipelines import BatchStep

if TYPE_CHECKING:
    from mlops_cli.backends.azureml.pipelines.build import Builder


SETTINGS = {"nodes": "node_count", "workers": "process_count_per_node"}
"""Ours that Azure calls otherwise."""


def make(builder: Builder, session: Session, step: BatchStep, raw: dict[str, Any], source: Path) -> Any:
    """Azure cuts tables by bytes: mini_batch_size rows become as many bytes as they take on average."""
    from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep

    cut = tables.read_input(step)
    sides = {name: builder.input(name, text) for name, text in step.inputs.items() if name != cut}
    arguments = Arguments(builder, raw, {"inputs": sides})
    config = ParallelRunConfig(
        environment=environment(session, step),
        entry_script=arguments.script(step, source),
        source_directory=str(source),
        error_threshold=step.error_threshold,
        output_action=step.output_action,
        append_row_file_name=step.append_row_file_name,
        compute_target=builder.target(step),
        environment_variables=variables(step),
        **_open(builder, step, raw),
        mini_batch_size=_size(builder, step, step.inputs[cut]),
    )
    return ParallelRunStep(
        name=step.name,
        parallel_run_config=config,
        inputs=[_rows_or_files(builder, session, step.inputs[cut], cut)],
        side_inputs=distinct(sides.values()) or None,
        output=builder.output(step.name, "results"),
        arguments=arguments.values(),
        allow_reuse=step.allow_reuse,
    )


def _open(builder: Builder, step: BatchStep, raw: dict[str, Any]) -> dict[str, Any]:
    """The settings that a run of the published pipeline may choose where they are parameters."""
    names = {key: whole(raw, key) for key in OPEN_SETTINGS}
    found = {key: builder.parameter(name) if name else getattr(step, key) for key, name in names.items()}
    return {SETTINGS.get(key, key): value for key, value in found.items()}


def _size(builder: Builder, step: BatchStep, text: str) -> str:
    if tables.is_folder(builder, text):
        return str(step.mini_batch_size)
    return str(max(1, round(step.mini_batch_size * tables.bytes_per_row(builder, text))))


def _rows_or_files(builder: Builder, session: Session, text: str, name: str) -> Any:
    if tables.is_folder(builder, text):
        return builder.input(name, text)
    source, data = source_of(text)
    rows = tables.table(builder, session, text)
    return builder.consumed(data, name, rows) if source == "data" else rows.as_named_input(port_name(name))
