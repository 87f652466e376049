"""Run definitions as people write them by hand, and as history tells them."""

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


_SPELT = {
    "amlcompute": "amlCompute",
    "kubernetescompute": "kubernetesCompute",
    "paralleltask": "parallelTask",
    "pytorch": "pyTorch",
}
_INPUT = {"environmentVariableName": None, "pathOnCompute": None, "overwrite": False, "options": None}
_LOCATION: Document = {"dataset": None, "dataPath": None, "uri": None, "type": None}
_OPTIONS: Document = {"pathOnCompute": None, "registrationOptions": None, "mountOptions": None}


def as_told(definition: Document) -> Document:
    """The definition that a client has sent, spelt as the service does and with all fields of its data."""
    told = {_SPELT.get(name, name): value for name, value in definition.items()}
    return {
        "script": None,
        "useAbsolutePath": False,
        **told,
        "command": told.get("command") or "",
        "data": {name: _input(one) for name, one in (told.get("data") or {}).items()},
        "outputData": {name: _output(one) for name, one in (told.get("outputData") or {}).items()},
    }


def _input(given: Document) -> Document:
    mechanism = (given.get("mechanism") or "direct").capitalize()
    return _INPUT | given | {"dataLocation": _location(given.get("dataLocation")), "mechanism": mechanism}


def _output(given: Document) -> Document:
    options = _OPTIONS | (given.get("additionalOptions") or {})
    uploaded = options.get("uploadOptions") or {}
    patterns = (uploaded.get("sourceGlobs") or {}).get("patterns")
    options["uploadOptions"] = {
        "overwrite": bool(uploaded.get("overwrite")),
        "sourceGlobs": {"globPatterns": patterns},
    }
    return {
        "environmentVariableName": None,
        **given,
        "outputLocation": _location(given.get("outputLocation")),
        "mechanism": (given.get("mechanism") or "mount").capitalize(),
        "additionalOptions": options,
    }


def _location(given: Document | None) -> Document:
    found = _LOCATION | (given or {})
    if found["dataset"]:
        found["dataset"] = {"id": None, "name": None, "version": None, **found["dataset"]}
    return found
