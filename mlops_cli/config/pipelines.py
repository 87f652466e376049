"""A pipeline out of a profile or a file of its own, checked, with every error at its line and column."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct
from msgspec import inspect as types
from msgspec.structs import replace

from mlops_cli.config.check import Checker
from mlops_cli.config.document import read_document
from mlops_cli.config.layers import display, read_text, rename_in_steps
from mlops_cli.config.load import LoadedProfile, in_order
from mlops_cli.config.locate import seen_from
from mlops_cli.config.parameters import is_parameter, with_defaults
from mlops_cli.config.problems import Problem, config_error
from mlops_cli.config.tree import Node, find, merge, walk
from mlops_cli.config.variables import is_secret
from mlops_cli.domain.pipeline_graph import find_problems, find_train_problems
from mlops_cli.domain.pipelines import PipelineDefinition, PipelineSettings
from mlops_cli.errors import ConfigError

EXAMPLE = "pipeline: {name: NAME, steps: [{name: train, type: automl, inputs: {data: data.raw}}]}"


class LoadedPipeline(Struct):
    """A pipeline to run or publish, and its settings with the defaults of its parameters."""

    definition: PipelineDefinition
    settings: PipelineSettings
    source: str


def from_profile(loaded: LoadedProfile) -> LoadedPipeline:
    """The profile's `pipeline` section; its automl steps inherit the `train` section."""
    section = find(loaded.tree, "pipeline")
    if section is None or not loaded.profile.pipeline.steps:
        raise ConfigError("the profile has no pipeline", hint=f"give a file, or write {EXAMPLE}")
    loaded.require("pipeline")
    train = find(loaded.tree, "train")
    section = _with_train(section, train) if train else section
    name = loaded.profile.experiment_name() or "pipeline"
    return _checked(section, "pipeline", name, loaded.root, str(loaded.path))


def from_file(path: Path, cwd: Path, environ: Mapping[str, str]) -> LoadedPipeline:
    """The pipeline of a file: the keys of the section, or a whole profile's `pipeline:`."""
    try:
        return _of_file(path, cwd, environ)
    except ConfigError as error:
        error.hint = f"correct it, then: mlops pipeline create {shlex.quote(str(path))}"
        raise


def _of_file(path: Path, cwd: Path, environ: Mapping[str, str]) -> LoadedPipeline:
    shown = display((cwd / path).resolve(), cwd)
    tree, problems = read_document(read_text((cwd / path).resolve(), cwd), shown, environ)
    section = tree.value.get("pipeline", tree)
    problems += rename_in_steps(section)
    problems += [
        Problem(node.where, key, f"the environment variable {node.unset} is not set")
        for key, node in walk(section)
        if node.unset
    ]
    return _checked(section, "", path.stem, _root(cwd / path), shown, problems)


def _checked(
    section: Node, prefix: str, name: str, root: Path, source: str, problems: list[Problem] | None = None
) -> LoadedPipeline:
    kind = cast(types.StructType, types.type_info(PipelineSettings))
    checker = Checker()
    settings = msgspec.convert(checker.value(with_defaults(section), kind, prefix), PipelineSettings)
    wrong = [*(problems or []), *checker.problems, *_secrets(section, prefix)]
    if not wrong:
        wrong = [
            Problem(_where(section, key), f"{prefix}.{key}" if prefix else key, text)
            for key, text in (*find_problems(settings), *find_train_problems(settings))
        ]
    if not wrong and not settings.steps:
        wrong = [Problem(section.where, prefix, "needs steps")]
    if wrong:
        error = config_error(in_order(wrong))
        error.hint = "correct it, then: mlops pipeline create"
        raise error
    document = Checker(keeps=is_parameter).value(section, kind, "")
    definition = PipelineDefinition(settings.name or name, document, str(root.resolve()))
    return LoadedPipeline(definition, settings, source)


def _secrets(section: Node, prefix: str) -> list[Problem]:
    """Values out of secret variables: a pipeline is stored and published as it is."""
    return [
        Problem(node.where, f"{prefix}.{key}" if prefix else key, f"would store the secret {variable}")
        for key, node in walk(section)
        for variable in node.variables
        if is_secret(variable)
    ]


def _where(section: Node, key: str) -> str:
    """Where a key stands, or what it is missing in."""
    node = find(section, key)
    if node is None:
        return _where(section, key.rpartition(".")[0]) if "." in key else section.where
    return node.key_where or node.where


def _with_train(section: Node, train: Node) -> Node:
    """The automl steps' `train` laid over the profile's."""
    steps = section.value["steps"]
    return replace(
        section,
        value=section.value | {"steps": replace(steps, value=[_inherit(s, train) for s in steps.value])},
    )


def _inherit(step: Node, train: Node) -> Node:
    if step.value["type"].text != "automl":
        return step
    own = step.value.get("train")
    return replace(step, value=step.value | {"train": merge(train, own) if own else train})


def _root(path: Path) -> Path:
    """The folder above the nearest `configs`, else the file's own."""
    folder = seen_from(path.parent, "").resolve()
    above = (f.parent for f in (folder, *folder.parents) if f.name == "configs")
    return next(above, folder)
