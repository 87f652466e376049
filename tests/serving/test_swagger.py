"""The Swagger documents: Azure's shape in version 2, the whole truth in version 3."""

import json
from typing import Any

import msgspec
import pytest

from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.engine.serving.documents import documents
from mlops_cli.engine.serving.spec import ServiceSpec
from mlops_cli.engine.serving.swagger import openapi3, swagger2
from tests.serving.harness import KEY, SCHEMA, Worker

MODEL = msgspec.convert(SCHEMA, ModelSchema)
SPEC = ServiceSpec("bank", "score.py")


def shape(value: Any) -> Any:
    """The names of all members and the kinds of all values, in their order."""
    if isinstance(value, dict):
        return [(name, shape(member)) for name, member in value.items()]
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "scalar"


def bank_model(columns: dict[str, Any]) -> ModelSchema:
    kinds = {"integer": "integer", "number": "number", "string": "string"}
    inputs = [InputField(name, kinds[column["type"]]) for name, column in columns.items()]  # type: ignore[arg-type]
    return ModelSchema("classification", "y", inputs, "string", classes=["no", "yes"])


def test_version_2_has_the_shape_of_azures(azure_swagger: Any) -> None:
    columns = azure_swagger["definitions"]["ServiceInput"]["properties"]["data"]["items"]["properties"]
    document = swagger2(ServiceSpec("demo-model-deploy", "score.py"), bank_model(columns))
    assert shape(document) == shape(azure_swagger)
    assert document["definitions"]["ServiceInput"] == azure_swagger["definitions"]["ServiceInput"]
    assert document["paths"] == azure_swagger["paths"]
    assert document["info"] == azure_swagger["info"]
    assert document["securityDefinitions"] == azure_swagger["securityDefinitions"]
    assert document["definitions"]["ErrorResponse"] == azure_swagger["definitions"]["ErrorResponse"]


def test_version_2_member_by_member() -> None:
    document = swagger2(SPEC, MODEL)
    assert list(document) == [
        "swagger",
        "info",
        "schemes",
        "consumes",
        "produces",
        "securityDefinitions",
        "paths",
        "definitions",
    ]
    assert document["paths"]["/score"]["post"]["security"] == [{"Bearer": []}]
    assert document["definitions"]["ServiceInput"] == {
        "type": "object",
        "properties": {
            "data": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "age": {"type": "integer", "format": "int64"},
                        "job": {"type": "string"},
                        "rate": {"type": "number", "format": "double"},
                    },
                },
            }
        },
        "example": {"data": [{"age": 41, "job": "student", "rate": 1.5}]},
    }
    assert document["definitions"]["ServiceOutput"]["example"] == ["no"]


def test_a_service_without_schema_takes_anything() -> None:
    generic = {"type": "object", "example": {}}
    assert swagger2(SPEC, None)["definitions"]["ServiceInput"] == generic
    assert openapi3(SPEC, None)["components"]["schemas"]["ServiceInput"] == generic


def test_version_3_tells_ranges_and_categories() -> None:
    columns = openapi3(SPEC, MODEL)["components"]["schemas"]["ServiceInput"]["properties"]["data"]["items"]
    assert columns["required"] == ["age", "job", "rate"]
    assert columns["properties"]["age"]["description"] == "in training from 17 to 98"
    assert columns["properties"]["job"]["description"] == "in training one of admin., student"


def test_version_3_says_what_is_really_answered() -> None:
    schemas = openapi3(SPEC, MODEL)["components"]["schemas"]
    assert schemas["ServiceOutput"]["type"] == "string"
    assert json.loads(schemas["ServiceOutput"]["example"]) == {"result": ["no"]}
    forecast = openapi3(SPEC, msgspec.structs.replace(MODEL, task="forecasting", classes=None))
    assert "forecast" in json.loads(forecast["components"]["schemas"]["ServiceOutput"]["example"])


def test_version_3_asks_for_a_key_only_where_one_is_needed() -> None:
    assert openapi3(SPEC, MODEL)["paths"]["/score"]["post"]["security"] == [{"Bearer": []}]
    opened = openapi3(msgspec.structs.replace(SPEC, auth="none"), MODEL)
    assert "securitySchemes" not in opened["components"]
    assert "security" not in opened["paths"]["/score"]["post"]


def test_versions_and_their_names() -> None:
    found = {version: json.loads(text) for version, text in documents(SPEC, MODEL).items()}
    assert {version: d.get("swagger") or d["openapi"] for version, d in found.items()} == {
        "2": "2.0",
        "2.0": "2.0",
        "3": "3.0.3",
        "3.0": "3.0.3",
        "3.1": "3.1.0",
    }


def test_the_service_hands_them_out_without_a_key(service: Worker) -> None:
    assert service.ask("GET", "/swagger.json").json()["swagger"] == "2.0"
    assert service.ask("GET", "/swagger.json?version=3").json()["openapi"] == "3.0.3"
    assert service.ask("GET", "/swagger.json?a=1&version=3.1").json()["openapi"] == "3.1.0"


def test_the_service_scores_its_own_example(service: Worker) -> None:
    example = service.ask("GET", "/swagger.json").json()["definitions"]["ServiceInput"]["example"]
    assert service.ask("POST", "/score", example, KEY).status == 200


@pytest.mark.parametrize("kind", ["boolean", "datetime"])
def test_every_column_type_has_an_example_that_is_accepted(kind: str) -> None:
    from mlops_cli.domain.schema import check_rows

    inputs = [InputField("a", kind)]  # type: ignore[arg-type]
    model = ModelSchema("regression", "y", inputs, "number")
    rows = swagger2(SPEC, model)["definitions"]["ServiceInput"]["example"]["data"]
    assert check_rows(model, rows) == []
