"""Configuration values that know where they were written, and laying one tree of them over another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace


class Node(Struct):
    """A value: a `dict[str, Node]`, a `list[Node]` or a scalar.

    `where` is file:line:column, an environment variable or a flag, `key_where` the same of the key before
    it. `text` is a scalar as it was written, `variables` the environment variables it was made from, `unset`
    the first of them that has no value. `replaced` is what an overriding value stands for.
    """

    value: Any
    where: str
    text: str | None = None
    variables: tuple[str, ...] = ()
    unset: str | None = None
    key_where: str = ""
    replaced: Node | None = None

    def is_blank(self) -> bool:
        """Whether nothing was written behind the key, as in a section with all its lines commented out."""
        return self.value is None and self.text == "" and self.unset is None


def merge(base: Node, over: Node) -> Node:
    """`over` laid on `base`: mappings are merged key by key, everything else is replaced."""
    if isinstance(base.value, dict) and over.is_blank():
        return base
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return replace(over, replaced=base)
    merged = dict(base.value)
    for key, node in over.value.items():
        merged[key] = merge(merged[key], node) if key in merged else node
    return replace(base, value=merged)


def find(tree: Node, key: str) -> Node | None:
    """The node at `key`, as in `train.task` or `pipeline.steps[0].name`."""
    node: Node | None = tree
    for part in re.findall(r"[^.\[\]]+", key):
        if node and isinstance(node.value, dict):
            node = node.value.get(part)
        elif node and isinstance(node.value, list):
            node = next((n for i, n in enumerate(node.value) if str(i) == part), None)
        else:
            return None
    return node


def nest(parts: list[str], leaf: Node) -> Node:
    """`leaf` below the keys `parts`, as the tree of a flag or an environment variable."""
    for part in reversed(parts):
        leaf = Node({part: replace(leaf, key_where=leaf.where)}, leaf.where)
    return leaf


def walk(node: Node, key: str = "") -> Iterator[tuple[str, Node]]:
    """Every scalar below `node` with its key path."""
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            yield from walk(child, join(key, name))
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from walk(child, f"{key}[{index}]")
    else:
        yield key, node


def join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def covers(key: str, other: str) -> bool:
    """Whether `other` is `key` or lies below it."""
    return not key or other == key or other.startswith((f"{key}.", f"{key}["))
