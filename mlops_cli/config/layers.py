"""The layers of a profile, lowest first: parents, the profile, the environment, the flags."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from mlops_cli.config.check import shown
from mlops_cli.config.document import read_document, read_value
from mlops_cli.config.kinds import fields, keys, profile_type
from mlops_cli.config.model import ALIASES
from mlops_cli.config.problems import Problem, config_error
from mlops_cli.config.tree import Node, find, merge, nest

_MAX_BYTES = 1_000_000


def file_layers(path: Path, cwd: Path, environ: Mapping[str, str]) -> tuple[list[Node], list[Problem]]:
    """The profile at `path` and those it extends, the farthest parent first."""
    layers: list[Node] = []
    problems: list[Problem] = []
    chain: list[Path] = []
    follow: Path | None = path.resolve()
    while follow:
        chain.append(follow)
        tree, found = read_document(read_text(follow, cwd), display(follow, cwd), environ)
        problems += found + rename_aliases(tree) + rename_in_steps(find(tree, "pipeline"))
        layers.insert(0, tree)
        follow = _parent(tree, chain)
    return layers, problems


def environment_layers(environ: Mapping[str, str]) -> tuple[list[Node], list[Problem], list[str]]:
    """One layer of all `MLOPS_SECTION_KEY` variables, and warnings about those that look misspelt."""
    names = {variable(key): key for key in [*keys(), *ALIASES]}
    layer = Node({}, "environment")
    warnings = []
    for name in sorted(environ):
        if name in names and environ[name]:
            layer = merge(layer, nest(names[name].split("."), read_value(environ[name], name)))
        elif near := _misspelt(name, names):
            warnings.append(f"{name} is no setting and is not read, did you mean {near}?")
    return [layer], rename_aliases(layer), warnings


def flag_layers(overrides: Sequence[str]) -> tuple[list[Node], list[Problem]]:
    """One layer per `--set KEY=VALUE`, so that a later one wins."""
    layers, problems = [], []
    for override in overrides:
        key, equals, text = override.partition("=")
        source = f"--set {key.strip()}"
        parts = key.strip().split(".")
        if not equals or not all(parts):
            problems.append(Problem(source, "", "expects KEY=VALUE, as in --set train.task=regression"))
        elif parts[0] == "extends":
            problems.append(Problem(source, "", "extends stands in a file; choose one with --profile"))
        else:
            layer = nest(parts, read_value(text.strip(), source))
            problems += rename_aliases(layer)
            layers.append(layer)
    return layers, problems


def variable(key: str) -> str:
    """The environment variable that sets `key`."""
    return f"MLOPS_{key.replace('.', '_').upper()}"


def display(path: Path, cwd: Path) -> str:
    """`path` as a person in `cwd` would write it."""
    resolved = cwd.resolve()
    return str(path.relative_to(resolved) if path.is_relative_to(resolved) else path)


def _misspelt(name: str, names: Iterable[str]) -> str | None:
    """The variable that was probably meant; None for one that may belong to an option of a command."""
    sections = (f"{variable(key)}_" for key, spec in fields(profile_type()).items() if fields(spec.type))
    if name in names or not name.startswith(tuple(sections)):
        return None
    return next(iter(get_close_matches(name, names, n=1, cutoff=0.9)), None)


def read_text(path: Path, cwd: Path) -> str:
    """The text of a file. Raises ConfigError when it is missing, too large or not UTF-8."""
    name = display(path, cwd)
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise config_error([Problem(name, "", f"cannot be read: {reason}")]) from None
    if len(content) > _MAX_BYTES:
        raise config_error([Problem(name, "", "is larger than 1 MB, which no profile is")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        text = f"byte 0x{content[error.start]:02x} is not UTF-8"
        raise config_error([Problem(f"{name}:{line}:{column}", "", text)]) from None


def _parent(tree: Node, chain: list[Path]) -> Path | None:
    """The file named by `extends:`. Raises ConfigError when it is missing or leads in a circle."""
    node = tree.value.get("extends")
    if node is None or (node.value is None and not node.unset):
        return None
    if node.unset:
        raise config_error([Problem(node.where, "extends", f"the variable {node.unset} is not set")])
    if not isinstance(node.value, str):
        raise config_error([Problem(node.where, "extends", "expects the name of one profile")])
    folder = chain[-1].parent
    tries = [folder / node.value, folder / f"{node.value}.yaml"]
    path = next((p for p in tries if os.path.isfile(p)), None)
    if path is None:
        raise config_error([Problem(node.where, "extends", f"no profile {shown(node)} in {folder}")])
    path = path.resolve()
    if path in chain:
        circle = " -> ".join(p.name for p in [*chain[chain.index(path) :], path])
        raise config_error([Problem(node.where, "extends", f"goes in a circle: {circle}")])
    return path


def rename_aliases(tree: Node) -> list[Problem]:
    """Give the short names of Azure's settings their full ones, in place."""
    problems = []
    for short, full in ALIASES.items():
        node = find(tree, short)
        if node is None:
            continue
        section, _, name = full.rpartition(".")
        values = find(tree, section).value  # type: ignore[union-attr]
        del values[short.rpartition(".")[2]]
        if name in values:
            text = f"the same as {full}, which is given at {values[name].where}; keep one"
            problems.append(Problem(node.key_where or node.where, short, text))
        else:
            values[name] = node
    return problems


def rename_in_steps(pipeline: Node | None) -> list[Problem]:
    """The same for the `train` of a pipeline's steps."""
    steps = find(pipeline, "steps") if pipeline else None
    if steps is None or not isinstance(steps.value, list):
        return []
    return [
        problem for step in steps.value if isinstance(step.value, dict) for problem in rename_aliases(step)
    ]
