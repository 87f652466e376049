"""The parameters of a pipeline while it is checked: their defaults stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from mlops_cli.config.tree import Node, find
from mlops_cli.domain.references import as_text, literal, put, references


def with_defaults(pipeline: Node) -> Node:
    """The section `pipeline` with $(parameters.NAME) replaced by its default, each at its own place."""
    given = find(pipeline, "parameters") if isinstance(pipeline.value, dict) else None
    if given is None or not isinstance(given.value, dict):
        return pipeline
    scalar = (str, int, float, bool)
    values = {n: literal(node.value) for n, node in given.value.items() if isinstance(node.value, scalar)}
    return replace(pipeline, value=pipeline.value | {"steps": _put(pipeline.value.get("steps"), values)})


def is_parameter(node: Node) -> bool:
    """Whether a parameter stands somewhere in the scalar."""
    return isinstance(node.value, str) and any(kind == "parameters" for kind, _ in references(node.value))


def _put(node: Node | None, values: Mapping[str, Any]) -> Any:
    if node is None:
        return Node([], "default")
    if isinstance(node.value, dict):
        return replace(node, value={key: _put(child, values) for key, child in node.value.items()})
    if isinstance(node.value, list):
        return replace(node, value=[_put(child, values) for child in node.value])
    if not is_parameter(node):
        return node
    value = put(node.value, "parameters", values)
    return replace(node, value=value, text=as_text(value))
