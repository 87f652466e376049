"""Contracts of services, and what breaks the clients of one at another."""

from typing import Any

import msgspec
import pytest

from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.engine.serving.openapi31 import openapi31
from mlops_cli.engine.serving.spec import ServiceSpec
from mlops_cli.engine.serving.swagger import swagger2
from mlops_cli.errors import GateMissedError
from mlops_cli.services.swagger.contract import of_document, of_schema
from mlops_cli.services.swagger.diff import Difference, compare, gate, text
from tests.serving.harness import SCHEMA

MODEL = msgspec.convert(SCHEMA, ModelSchema)
AGE, JOB, RATE = MODEL.inputs


def difference(new: ModelSchema, *, needs_key: bool = True, old: ModelSchema = MODEL) -> Difference:
    return compare(of_schema("old", old, needs_key=True), of_schema("new", new, needs_key=needs_key))


def with_inputs(*inputs: InputField) -> ModelSchema:
    return msgspec.structs.replace(MODEL, inputs=list(inputs))


def field(base: InputField, **changes: Any) -> InputField:
    return msgspec.structs.replace(base, **changes)


BREAKING = {
    "removed": (with_inputs(AGE, JOB), "input data[].rate is gone"),
    "added": (
        with_inputs(AGE, JOB, RATE, InputField("zip", "string")),
        "input data[].zip is new and has to be sent",
    ),
    "renamed": (
        with_inputs(AGE, JOB, field(RATE, name="rates")),
        "input data[].rate is now called data[].rates",
    ),
    "narrowed": (with_inputs(AGE, JOB, field(RATE, type="integer")), "input data[].rate: number -> integer"),
    "other type": (with_inputs(AGE, JOB, field(RATE, type="string")), "input data[].rate: number -> string"),
    "dates only": (
        with_inputs(AGE, field(JOB, type="datetime"), RATE),
        "input data[].job: format any -> date-time",
    ),
    "new class": (
        msgspec.structs.replace(MODEL, classes=["no", "perhaps", "yes"]),
        "answer result[] may be perhaps now",
    ),
    "numbers": (
        msgspec.structs.replace(MODEL, classes=None, output_type="number"),
        "answer result[]: string -> number",
    ),
    "forecast": (msgspec.structs.replace(MODEL, task="forecasting"), "answer result[] is gone"),
}
COMPATIBLE = {
    "widened": (with_inputs(field(AGE, type="number"), JOB, RATE), "input data[].age: integer -> number"),
    "range": (
        with_inputs(field(AGE, maximum=99), JOB, RATE),
        "input data[].age: in training 17 to 98 -> 17 to 99",
    ),
    "values": (
        with_inputs(AGE, field(JOB, categories=["student"]), RATE),
        "input data[].job: in training admin., student -> student",
    ),
    "fewer classes": (
        msgspec.structs.replace(MODEL, classes=["no"]),
        "answer result[] has fewer classes: no",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_clients(name: str) -> None:
    new, line = BREAKING[name]
    found = difference(new)
    assert found.breaking == [line]
    with pytest.raises(GateMissedError) as caught:
        gate(found)
    assert caught.value.details == [line]


@pytest.mark.parametrize("name", COMPATIBLE)
def test_what_breaks_nobody(name: str) -> None:
    new, line = COMPATIBLE[name]
    found = difference(new)
    assert (found.breaking, found.compatible) == ([], [line])
    gate(found)


def test_a_key_breaks_those_who_have_none() -> None:
    opened = difference(MODEL, needs_key=False)
    assert (opened.breaking, opened.compatible) == ([], ["no key is needed any more"])
    old, new = of_schema("a", MODEL, needs_key=False), of_schema("b", MODEL, needs_key=True)
    assert compare(old, new).breaking == ["a key is needed now"]


def test_the_order_of_columns_is_no_difference() -> None:
    assert text(difference(with_inputs(RATE, AGE, JOB))) == "no difference\n"


@pytest.mark.parametrize("auth", ["key", "none"])
@pytest.mark.parametrize("task", ["classification", "regression", "forecasting"])
def test_a_document_says_what_the_schema_says(task: str, auth: Any) -> None:
    classes = ["no", "yes"] if task == "classification" else None
    kind: Any = "string" if classes else "number"
    inputs = [*MODEL.inputs, InputField("day", "datetime"), InputField("new", "boolean", nullable=False)]
    model = msgspec.structs.replace(MODEL, task=task, classes=classes, output_type=kind, inputs=inputs)
    document = openapi31(ServiceSpec("bank", "score.py", auth=auth), model, has_probabilities=True)
    live, planned = of_document("a", document), of_schema("a", model, needs_key=auth == "key")
    assert live.operations == planned.operations
    assert compare(live, planned) == compare(planned, live) == Difference("a", "a")


def test_azures_own_document_can_be_compared(azure_swagger: Any) -> None:
    old = of_document("azure", azure_swagger)
    assert old.needs_key
    assert old.inputs["data[].age"].type == "integer"
    assert compare(old, old) == Difference("azure", "azure")
    kinds = {"integer": "integer", "number": "number", "string": "string"}
    columns = [InputField(n.removeprefix("data[]."), kinds[leaf.type]) for n, leaf in old.inputs.items()]  # type: ignore[arg-type]
    model = msgspec.structs.replace(MODEL, inputs=columns)
    found = compare(old, of_document("ours", swagger2(ServiceSpec("bank", "score.py"), model)))
    assert not [line for line in found.breaking if line.startswith("input")]


def test_references_and_missing_parts_are_borne() -> None:
    document = {
        "openapi": "3.0.3",
        "paths": {"/score": {"post": {}}, "/extra": {"get": {}}},
        "components": {
            "schemas": {
                "ServiceInput": {"$ref": "#/components/schemas/Rows"},
                "Rows": {"type": "object", "required": [], "properties": {"data": {"$ref": "#/nowhere"}}},
                "Loop": {"$ref": "#/components/schemas/Loop"},
            }
        },
    }
    found = of_document("odd", document)
    assert {name: leaf.required for name, leaf in found.inputs.items()} == {"data": False}
    assert compare(found, of_document("less", {"paths": {"/score": {"post": {}}}})).breaking == [
        "GET /extra is gone",
        "input data is gone",
    ]


def test_an_input_that_may_be_left_out_breaks_nobody() -> None:
    def document(*names: str) -> dict[str, Any]:
        properties = {name: {"type": "string"} for name in names}
        schema = {"type": "object", "properties": properties, "required": ["a"]}
        return {"paths": {"/score": {"post": {}}}, "definitions": {"ServiceInput": schema}}

    found = compare(of_document("old", document("a")), of_document("new", document("a", "b")))
    assert (found.breaking, found.compatible) == ([], ["input b is new and may be left out"])
