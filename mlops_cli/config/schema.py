"""The JSON Schema of a profile, generated from the model, for editors: `mlops config schema`."""

from __future__ import annotations

import copy
import re
from typing import Any

import msgspec

from mlops_cli.config.descriptions import DESCRIPTIONS, STEPS
from mlops_cli.config.model import ALIASES, Profile

_VARIABLE = {"type": "string", "pattern": r"\$\{"}


def json_schema() -> dict[str, Any]:
    """What an editor needs: keys, types, bounds, a line for each key, short names and `${VARIABLE}`."""
    (root,), definitions = msgspec.json.schema_components([Profile], ref_template="#/$defs/{name}")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **root, "$defs": definitions}
    for key, text in DESCRIPTIONS.items():
        _at(schema, key)["description"] = text
    _describe_steps(definitions)
    for short, full in ALIASES.items():
        section, _, name = short.rpartition(".")
        alias = copy.deepcopy(_at(schema, full)) | {"description": f"Short for {full}."}
        _section(schema, section)["properties"][name] = alias
    for definition in definitions.values():
        definition["description"] = definition["description"].partition("\n")[0]
        for name, value in definition["properties"].items():
            definition["properties"][name] = _or_variable(value)
    return schema


def _describe_steps(definitions: dict[str, Any]) -> None:
    for step in ("AutoMLStep", "BatchStep", "ScriptStep"):
        for name, value in definitions[step]["properties"].items():
            if name in STEPS:
                value["description"] = STEPS[name]
    for name, value in definitions["Environment"]["properties"].items():
        value["description"] = STEPS[f"environment.{name}"]


def schema_text() -> str:
    """The schema as the file `configs/profile.schema.json` holds it."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"


def _at(schema: dict[str, Any], key: str) -> dict[str, Any]:
    section, _, name = key.rpartition(".")
    found: dict[str, Any] = _section(schema, section)["properties"][name]
    return found


def _section(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """The definition that a dotted key leads to; the profile's own for an empty key."""
    target: dict[str, Any] = schema if not key else _at(schema, key)
    while reference := re.search(r"#/\$defs/(\w+)", str(target.get("$ref") or target.get("anyOf"))):
        target = schema["$defs"][reference[1]]
    return target


def _or_variable(value: dict[str, Any]) -> dict[str, Any]:
    """A number, a switch or a choice may also be written as `${VARIABLE}`."""
    options = value.get("anyOf", [value])
    if not any(o.get("type") in ("integer", "number", "boolean") or "enum" in o for o in options):
        return value
    around = {key: value[key] for key in ("description", "default") if key in value}
    inner = [{k: v for k, v in option.items() if k not in around} for option in options]
    return around | {"anyOf": [*inner, _VARIABLE]}
