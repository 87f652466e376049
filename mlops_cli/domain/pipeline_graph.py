"""The graph that inputs and outputs make of the steps: its order, and what is wrong with it."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from math import isfinite

import msgspec

from mlops_cli.domain.data import versioned
from mlops_cli.domain.pipelines import (
    FAILED_ITEMS,
    SUMMARY,
    AutoMLStep,
    BatchStep,
    PipelineSettings,
    ScriptStep,
    Step,
    outputs_of,
)
from mlops_cli.domain.references import NAME, references, texts
from mlops_cli.domain.training import misfits

PIPELINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,99}")
Found = Iterator[tuple[str, str]]


def dependencies(steps: list[Step]) -> dict[str, set[str]]:
    """The names of the steps that each step waits for."""
    return {step.name: {source_of(text)[0] for text in step.inputs.values()} - {"data"} | set(step.after)
            for step in steps}  # fmt: skip


def source_of(text: str) -> tuple[str, str]:
    """`STEP.OUTPUT` or `data.NAME` as its two parts."""
    step, _, output = text.partition(".")
    return step, output


def in_order(steps: list[Step]) -> list[Step]:
    """The steps so that each stands behind those it waits for; otherwise as they are written."""
    sorter = TopologicalSorter(dependencies(steps))
    sorter.prepare()
    positions = {step.name: position for position, step in enumerate(steps)}
    ready: list[int] = []
    ordered: list[Step] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, positions[name])
        ordered.append(steps[heappop(ready)])
        sorter.done(ordered[-1].name)
    return ordered


def find_problems(pipeline: PipelineSettings) -> Found:
    """(key, text) of everything that is wrong between the keys of a pipeline."""
    yield from _name(pipeline)
    yield from _parameters(pipeline)
    yield from _data(pipeline)
    named = list(_names(pipeline))
    yield from named
    if not named:
        yield from _inputs(pipeline)
        yield from _shapes(pipeline)
        yield from _references(pipeline)
        yield from _cycle(pipeline)


def _name(pipeline: PipelineSettings) -> Found:
    if pipeline.name is not None and not PIPELINE_NAME.fullmatch(pipeline.name):
        yield "name", "use letters, digits, spaces, '_', '-' and '.', at most 100"


def _parameters(pipeline: PipelineSettings) -> Found:
    for name, value in pipeline.parameters.items():
        if not NAME.fullmatch(name):
            yield f"parameters.{name}", "a parameter's name is letters, digits, '_' and '-'"
        if not isinstance(value, str | int | float | bool):
            yield f"parameters.{name}", "expects a default: text, a number, true or false"
        elif isinstance(value, float) and not isfinite(value):
            yield f"parameters.{name}", f"JSON has no such number; as text it is '{value}'"


def _data(pipeline: PipelineSettings) -> Found:
    for name, source in pipeline.data.items():
        if not NAME.fullmatch(name):
            yield f"data.{name}", "a name is letters, digits, '_' and '-'"
        if sum(given is not None for given in (source.path, source.dataset, source.model)) != 1:
            yield f"data.{name}", "expects one of path, dataset and model"


def _names(pipeline: PipelineSettings) -> Found:
    seen: set[str] = set()
    for index, step in enumerate(pipeline.steps):
        if step.name in seen:
            yield f"steps[{index}]", f"a second step with the name '{step.name}'"
        elif not NAME.fullmatch(step.name) or step.name == "data":
            yield f"steps[{index}].name", "a step's name is letters, digits, '_' and '-', and not 'data'"
        seen.add(step.name)


def _inputs(pipeline: PipelineSettings) -> Found:
    outputs = {step.name: outputs_of(step) for step in pipeline.steps}
    known = [f"data.{name}" for name in pipeline.data]
    known += [f"{step}.{output}" for step, names in outputs.items() for output in names]
    for index, step in enumerate(pipeline.steps):
        for name, text in step.inputs.items():
            if text not in known:
                yield f"steps[{index}].inputs.{name}", f"there is no '{text}'{_nearest(text, known)}"
        for position, name in enumerate(step.after):
            if name not in outputs:
                yield (
                    f"steps[{index}].after[{position}]",
                    f"there is no step '{name}'{_nearest(name, outputs)}",
                )


def _nearest(text: str, known: list[str] | dict[str, list[str]]) -> str:
    near = get_close_matches(text, known, n=1)
    if near:
        return f", did you mean '{near[0]}'?"
    return f"; there is: {', '.join(known)}" if known else "; there is none"


def _shapes(pipeline: PipelineSettings) -> Found:
    for index, step in enumerate(pipeline.steps):
        match step:
            case AutoMLStep() if len(step.inputs) != 1:
                yield f"steps[{index}]", "an automl step needs one input, its training data"
            case AutoMLStep() if (name := step.train.validation_data) and versioned(name)[1] is None:
                text = "needs a version, NAME:VERSION: what is reused has to be of the same data"
                yield f"steps[{index}].train.validation_data", text
            case BatchStep() if not step.inputs:
                yield f"steps[{index}]", "a batch step needs an input, the data to split"
            case BatchStep() if step.mini_batch_input and step.mini_batch_input not in step.inputs:
                known = ", ".join(step.inputs)
                yield f"steps[{index}].mini_batch_input", f"is no input of the step; there is: {known}"
            case BatchStep() if step.append_row_file_name in (FAILED_ITEMS, SUMMARY):
                yield f"steps[{index}].append_row_file_name", "is the name of another file among the results"
            case BatchStep() if len(step.inputs) > 1 and not step.mini_batch_input:
                yield f"steps[{index}]", "has several inputs; name the one to split: mini_batch_input"
            case ScriptStep() if len(set(step.outputs)) < len(step.outputs):
                yield f"steps[{index}].outputs", "names an output twice"
            case ScriptStep() if wrong := [name for name in step.outputs if not NAME.fullmatch(name)]:
                yield f"steps[{index}].outputs", f"'{wrong[0]}' is no name; use letters, digits, '_' and '-'"


def find_train_problems(pipeline: PipelineSettings) -> Found:
    """The same of what automl steps are to do, once they have what they inherit of a profile."""
    for index, step in enumerate(pipeline.steps):
        if not isinstance(step, AutoMLStep):
            continue
        yield from ((f"steps[{index}].train.{key}", text) for key, text in misfits(step.train))
        if step.train.label is None and not _is_dataset(pipeline, step):
            yield f"steps[{index}].train", "nothing says which column to predict: set label"


def _is_dataset(pipeline: PipelineSettings, step: AutoMLStep) -> bool:
    """Whether it trains on a registered dataset, which may know its label."""
    known = {f"data.{name}" for name, source in pipeline.data.items() if source.dataset}
    return known.issuperset(step.inputs.values())


def _references(pipeline: PipelineSettings) -> Found:
    for index, step in enumerate(pipeline.steps):
        known = {"parameters": pipeline.parameters, "inputs": step.inputs, "outputs": outputs_of(step)}
        for path, text in texts(msgspec.to_builtins(step), f"steps[{index}]"):
            for kind, name in references(text):
                if kind not in known:
                    yield path, f"$({kind}.{name}): write parameters, inputs or outputs before the dot"
                elif name not in known[kind]:
                    near = _nearest(name, list(known[kind]))
                    yield path, f"$({kind}.{name}): there is no '{name}' among the {kind}{near}"
                elif kind != "parameters" and ".arguments[" not in path and ".variables." not in path:
                    yield path, f"$({kind}.{name}) can stand in arguments only"


def _cycle(pipeline: PipelineSettings) -> Found:
    names = {step.name for step in pipeline.steps}
    waits = {name: needs & names for name, needs in dependencies(pipeline.steps).items()}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle = list(error.args[1])
        index = next(i for i, step in enumerate(pipeline.steps) if step.name == circle[0])
        yield f"steps[{index}]", f"the steps wait for each other: {' -> '.join(circle)}"
