"""Run definitions as people write them by hand: their names begin with capitals."""

from __future__ import annotations

from mlops_cli.emulator.state import Document

NAMED_BY_USERS = {"environmentVariables", "condaDependencies", "data", "outputData", "dataReferences"}


def camel_case(definition: Document) -> Document:
    """The definition with the names that clients of the SDK send; what users have named keeps its name."""
    found = {}
    for name, value in definition.items():
        key = name[:1].lower() + name[1:]
        inner = isinstance(value, dict) and key not in NAMED_BY_USERS
        found[key] = camel_case(value) if inner else value
    return found
