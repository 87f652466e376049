"""YAML text to a tree whose every value knows its line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.reader import Reader
from yaml.resolver import Resolver

from mlops_cli.config.problems import Problem, config_error
from mlops_cli.config.tree import Node, join
from mlops_cli.config.variables import Expanded, expand, mask, unmask
from mlops_cli.errors import ConfigError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile(f"{Reader.NON_PRINTABLE.pattern}|\ufeff")
_MAX_DEPTH = 50
_MAX_VALUES = 10_000
_YAML = "tag:yaml.org,2002:"
_MAPPING, _LIST, _TEXT = f"{_YAML}map", f"{_YAML}seq", (f"{_YAML}str", f"{_YAML}timestamp")
_SCALARS = SafeConstructor()
_CONSTRUCT: dict[str, Callable[[ScalarNode], Any]] = {
    f"{_YAML}null": lambda _: None,
    f"{_YAML}bool": _SCALARS.construct_yaml_bool,
    f"{_YAML}int": _SCALARS.construct_yaml_int,
    f"{_YAML}float": _SCALARS.construct_yaml_float,
}


def read_document(text: str, source: str, environ: Mapping[str, str]) -> tuple[Node, list[Problem]]:
    """The tree of a file's `text`, and what is wrong with it value by value.

    Raises ConfigError where the text is no YAML, no mapping, nested too deeply or too large.
    """
    reader = _Reader(lambda mark: _place(source, mark), environ)
    root = _compose(mask(text), source)
    if root is None or _is_null(root):
        return Node({}, f"{source}:1:1"), []
    if not isinstance(root, MappingNode):
        message = "expects a mapping, as in `name: bank`"
        raise config_error([Problem(reader.where(root.start_mark), "", message)])
    return reader.node(root, "", 0), reader.problems


def read_value(text: str, source: str) -> Node:
    """The value behind a flag or of an environment variable: YAML where it is YAML, otherwise plain text."""
    reader = _Reader(lambda _: source, None)
    try:
        root = _compose(text, source)
        node = reader.node(root, "", 0) if root else None
    except ConfigError:
        node = None
    if node is None or reader.problems:
        return Node(text or None, source, text)
    if node.text is None:
        node.text = text
    return node


def _compose(text: str, source: str) -> Any:
    try:
        _check_depth(text, source)
        return yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines = text.splitlines()
        line = lines[mark.line] if mark and mark.line < len(lines) else ""
        hint = " (YAML wants spaces here, no tabs)" if "\t" in line else ""
        what = (error.problem or error.context or "").replace("but found another", "a second")
        problem = Problem(_place(source, mark), "", f"not YAML: {what}{hint}")
    except yaml.YAMLError:
        problem = _unprintable(text, source)
    raise config_error([problem]) from None


def _unprintable(text: str, source: str) -> Problem:
    """The first character that YAML does not allow, on its line."""
    for number, line in enumerate(text.split("\n"), 1):
        if bad := _UNPRINTABLE.search(line):
            where = f"{source}:{number}:{bad.start() + 1}"
            return Problem(where, "", f"not YAML: the control character {bad[0]!r}")
    return Problem(source, "", "not YAML: a character that cannot be read")


def _place(source: str, mark: Any) -> str:
    return f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source


def _check_depth(text: str, source: str) -> None:
    """Refuse deep nesting before it is composed: libyaml's composer recurses in C until the stack is gone."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise config_error(
                [Problem(_place(source, event.start_mark), "", "nested too deeply for a profile")]
            )


def _is_null(root: Any) -> bool:
    return isinstance(root, ScalarNode) and root.tag == f"{_YAML}null"


class _Reader:
    """From YAML's nodes to ours. `environ` None: variables are left as they are."""

    def __init__(self, where: Callable[[Any], str], environ: Mapping[str, str] | None) -> None:
        self.where = where
        self.environ = environ
        self.problems: list[Problem] = []
        self.count = 0

    def node(self, node: Any, key: str, depth: int) -> Node:
        self.count += 1
        where = self.where(node.start_mark)
        if depth > _MAX_DEPTH or self.count > _MAX_VALUES:
            reason = "nested too deeply" if depth > _MAX_DEPTH else f"more than {_MAX_VALUES:,} values"
            raise config_error([Problem(where, key[:60], f"{reason} for a profile")])
        if isinstance(node, ScalarNode):
            return self.scalar(node, key, where)
        if node.tag not in (_MAPPING, _LIST):
            self.problems.append(Problem(where, key, f"the tag {node.tag!r} has no meaning here"))
        if isinstance(node, SequenceNode):
            items = [self.node(item, f"{key}[{i}]", depth + 1) for i, item in enumerate(node.value)]
            return Node(items, where)
        return Node(self.mapping(node, key, depth), where)

    def mapping(self, node: MappingNode, key: str, depth: int) -> dict[str, Node]:
        values: dict[str, Node] = {}
        for name_node, value_node in node.value:
            where = self.where(name_node.start_mark)
            if not isinstance(name_node, ScalarNode):
                self.problems.append(Problem(where, key, "a key is text, not a list or a mapping"))
                continue
            name = unmask(name_node.value)
            path = join(key, name)
            if name == "<<":
                self.problems.append(Problem(where, path, "merge keys are not read; write the keys out"))
            elif name in values:
                first = values[name].key_where
                self.problems.append(Problem(where, path, f"given twice, first at {first}"))
            else:
                values[name] = self.node(value_node, path, depth + 1)
                values[name].key_where = where
        return values

    def scalar(self, node: ScalarNode, key: str, where: str) -> Node:
        text = unmask(node.value)
        try:
            expanded = Expanded(text) if self.environ is None else expand(text, self.environ)
            if expanded.unset:
                return Node(None, where, text, expanded.variables, expanded.unset)
            value = _construct(node, expanded.text)
        except ValueError as error:
            self.problems.append(Problem(where, key, str(error)))
            return Node(None, where, text)
        return Node(value, where, expanded.text, expanded.variables)


def _construct(node: ScalarNode, text: str) -> Any:
    """The value of a scalar. Raises ValueError for a tag that is unknown or does not fit."""
    tag = node.tag
    if not node.style and tag in _TEXT and text != node.value:
        tag = Resolver().resolve(ScalarNode, text, (True, False))
    if tag in _TEXT or tag == f"{_YAML}value":
        return text
    if tag not in _CONSTRUCT:
        raise ValueError(f"the tag {tag!r} has no meaning here")
    try:
        return _CONSTRUCT[tag](ScalarNode(tag, text))
    except (ValueError, LookupError, OverflowError):
        raise ValueError(f"not {tag.removeprefix(_YAML)}: {text[:40]!r}") from None
