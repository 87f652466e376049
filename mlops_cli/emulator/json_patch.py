"""JSON Patch (RFC 6902), as far as Azure's clients use it: add, replace and remove."""

from __future__ import annotations

from typing import Any

from mlops_cli.emulator.errors import bad_request


def apply_patch(document: dict[str, Any], operations: list[dict[str, Any]]) -> None:
    """Change `document` in place. Raises ApiError 400 for an operation that does not fit it."""
    for operation in operations:
        path = [_plain(part) for part in str(operation.get("path", "")).lstrip("/").split("/")]
        target: Any = document
        try:
            for part in path[:-1]:
                target = target[int(part)] if isinstance(target, list) else target.setdefault(part, {})
            _apply(target, path[-1], operation)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            raise bad_request(f"The patch operation {operation} cannot be applied: {error!r}") from None


def _apply(target: Any, name: str, operation: dict[str, Any]) -> None:
    key: Any = int(name) if isinstance(target, list) and name != "-" else name
    match operation["op"]:
        case "remove":
            del target[key]
        case "add" if isinstance(target, list):
            target.insert(len(target) if key == "-" else key, operation["value"])
        case "add" | "replace":
            target[key] = operation["value"]
        case other:
            raise ValueError(f"op '{other}'")


def _plain(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
