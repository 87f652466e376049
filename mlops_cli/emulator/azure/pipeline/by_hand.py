"""What triggers a run by hand: names in any case, as in Azure, also those that Data Factory and Logic Apps write."""

from __future__ import annotations

from mlops_cli.emulator.azure.pipeline.graph import ASSIGNED
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document


def _any_case(*names: str) -> dict[str, str]:
    return {name.lower(): name for name in names}


_FIELDS = {
    **_any_case(*ASSIGNED, "ExperimentName", "Description", "RunSource", "RunType", "ParentRunId"),
    **_any_case("ContinueRunOnStepFailure", "Properties", "tags", "StepTags"),
    "continueonstepfailure": "ContinueRunOnStepFailure",
}
_PLACE = _any_case("DataStoreName", "RelativePath")
_REFERENCE = _any_case("Id", "Name", "Version")
_DATASET = _any_case("DataSetReference", "SavedDataSetReference")


def as_posted(given: Document) -> Document:
    """The submission as clients of the SDK write it. Raises ApiError 400 for values of another form."""
    posted = _renamed(given, _FIELDS)
    _check_value(posted.get("ExperimentName"), "ExperimentName")
    for kind in ASSIGNED:
        values = _object(posted.get(kind) or {}, kind)
        if kind == "ParameterAssignments":
            for name, value in values.items():
                _check_value(value, f"Parameter '{name}'")
        elif kind == "DataPathAssignments":
            values = {name: _place(value, f"{name} in {kind}") for name, value in values.items()}
        elif kind == "DataSetDefinitionValueAssignments":
            values = {name: _dataset(value, f"{name} in {kind}") for name, value in values.items()}
        posted[kind] = values
    if posted.get("ExperimentName") is not None:
        posted["ExperimentName"] = str(posted["ExperimentName"])
    return posted


def _place(value: object, what: str) -> Document:
    return _renamed(_object(value, what), _PLACE)


def _dataset(value: object, what: str) -> Document:
    found = _renamed(_object(value, what), _DATASET)
    return {kind: _renamed(_object(one, what), _REFERENCE) for kind, one in found.items() if one is not None}


def _renamed(given: Document, names: dict[str, str]) -> Document:
    return {names.get(name.lower(), name): value for name, value in given.items()}


def _check_value(value: object, what: str) -> None:
    if isinstance(value, dict | list):
        raise bad_request(f"{what} must be a single value, not {value}.")


def _object(value: object, what: str) -> Document:
    if not isinstance(value, dict):
        raise bad_request(f"{what} must be an object.")
    return value
