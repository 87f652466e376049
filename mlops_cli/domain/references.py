"""`$(parameters.NAME)`, `$(inputs.NAME)` and `$(outputs.NAME)` in a pipeline; `$$(` stands for itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_cli.domain.pipelines import Parameter

NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_REFERENCE = re.compile(r"\$?\$\((?P<kind>[a-z]*)\.(?P<name>[^()\s]*)\)", re.ASCII)


def references(text: str) -> list[tuple[str, str]]:
    """(kind, name) of every reference in `text`."""
    found = _REFERENCE.finditer(text)
    return [(match["kind"], match["name"]) for match in found if not match[0].startswith("$$")]


def pieces(text: str) -> list[str | tuple[str, str]]:
    """`text` cut at its references: literal texts, and (kind, name) where a reference stands."""
    found: list[str | tuple[str, str]] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        if match[0].startswith("$$"):
            continue
        found += [unescape(text[end : match.start()]), (match["kind"], match["name"])]
        end = match.end()
    return [piece for piece in (*found, unescape(text[end:])) if piece]


def put(text: str, kind: str, values: Mapping[str, Any]) -> Any:
    """`text` with references of one kind replaced.

    A text that is one reference becomes the value with its type. Unknown names stay as they are.
    """
    if "$(" not in text:
        return text
    whole = _REFERENCE.fullmatch(text)
    if whole and not text.startswith("$$") and whole["kind"] == kind and whole["name"] in values:
        return values[whole["name"]]

    def replaced(match: re.Match[str]) -> str:
        known = match["kind"] == kind and match["name"] in values and not match[0].startswith("$$")
        return as_text(values[match["name"]]) if known else match[0]

    return _REFERENCE.sub(replaced, text)


def put_everywhere(value: Any, kind: str, values: Mapping[str, Any]) -> Any:
    """`value` (dicts, lists, scalars) with references of one kind replaced in every text."""
    if not values:
        return value
    if isinstance(value, dict):
        return {key: put_everywhere(item, kind, values) for key, item in value.items()}
    if isinstance(value, list):
        return [put_everywhere(item, kind, values) for item in value]
    return put(value, kind, values) if isinstance(value, str) else value


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of every text below `value`, with paths such as `steps[0].name`."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from texts(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, value


def as_text(value: Parameter) -> str:
    """A parameter on a command line: true and false as YAML writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def unescape(text: str) -> str:
    return text.replace("$$(", "$(")


def literal(value: Any) -> Any:
    """What a run was given, as a text in which nothing is a reference: `unescape` gives it back."""
    return value.replace("$(", "$$(") if isinstance(value, str) else value
