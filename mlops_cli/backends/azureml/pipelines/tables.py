"""What AutoML trains on and what mini-batches are cut of: data, or the output of another step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml.pipelines import data
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.pipeline_graph import source_of
from mlops_cli.domain.pipelines import AutoMLStep, BatchStep, Step

if TYPE_CHECKING:
    from mlops_cli.backends.azureml.pipelines.build import Builder

BYTES_PER_ROW = 100.0
"""Assumed where no file tells how long its rows are."""


def read_input(step: AutoMLStep | BatchStep) -> str:
    """The name of the input that is read as a table, or file by file."""
    chosen = step.mini_batch_input if isinstance(step, BatchStep) else None
    return chosen or next(iter(step.inputs))


def outputs_read(steps: list[Step]) -> Iterator[tuple[str, str]]:
    """The outputs, as (step, output), that Azure has to make datasets of."""
    for step in steps:
        if isinstance(step, AutoMLStep | BatchStep) and step.inputs:
            source, output = source_of(step.inputs[read_input(step)])
            if source != "data":
                yield source, output


def table(builder: Builder, session: Session, text: str) -> Any:
    """A dataset of rows. An output is taken as CSV files, as it is not there yet.

    Raises UsageError for data that are a folder.
    """
    source, name = source_of(text)
    if source == "data":
        return data.table(session, builder.data()[name])
    return builder.output(source, name).parse_delimited_files(file_extension=None, quoted_line_breaks=True)


def is_folder(builder: Builder, text: str) -> bool:
    source, name = source_of(text)
    return source == "data" and builder.data()[name].is_folder()


def bytes_per_row(builder: Builder, text: str) -> float:
    """How long a row is on average; of an output that of the data it comes from."""
    source, name = source_of(text)
    if source == "data":
        found = builder.data()[name]
        return BYTES_PER_ROW if found.is_folder() else found.bytes_per_row()
    before = next(step for step in builder.settings.steps if step.name == source)
    return next((bytes_per_row(builder, one) for one in before.inputs.values()), BYTES_PER_ROW)
