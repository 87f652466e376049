"""OpenAPI 3.1: a contract that its own example and the service's own answers keep."""

import json
from typing import Any

import msgspec
import pytest

from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.engine.serving.documents import Decoration, documents
from mlops_cli.engine.serving.openapi31 import column, openapi31
from mlops_cli.engine.serving.spec import ServiceSpec
from tests.serving.harness import KEY, SCHEMA, Worker

MODEL = msgspec.convert(SCHEMA, ModelSchema)
SPEC = ServiceSpec("bank", "score.py")


def schemas(**changes: Any) -> Any:
    model = msgspec.structs.replace(MODEL, **changes)
    return openapi31(SPEC, model, has_probabilities=True)["components"]["schemas"]


def test_columns_have_real_types_ranges_and_values() -> None:
    rows = schemas()["ServiceInput"]["properties"]["data"]["items"]
    assert rows["properties"] == {
        "age": {"type": ["integer", "null"], "format": "int64", "minimum": 17, "maximum": 98},
        "job": {"type": ["string", "null"], "enum": ["admin.", "student", None]},
        "rate": {"type": ["number", "null"], "format": "double"},
    }
    assert (rows["required"], rows["additionalProperties"]) == (["age", "job", "rate"], False)


def test_a_column_without_missing_values_is_not_null() -> None:
    assert column(InputField("a", "string", nullable=False, categories=["x"])) == {
        "type": "string",
        "enum": ["x"],
    }


def test_a_date_has_no_range_for_strings_have_none() -> None:
    dated = column(InputField("a", "datetime", minimum="2011-01-01", maximum="2012-01-01"))
    assert dated == {"type": ["string", "null"], "format": "date-time"}


def test_the_answer_is_taken_apart() -> None:
    content = schemas()["ServiceOutput"]["contentSchema"]
    assert content["properties"]["result"]["items"] == {"type": "string", "enum": ["no", "yes"]}
    numbers = schemas(task="regression", classes=None, output_type="number")["ServiceOutput"]
    assert numbers["contentSchema"]["properties"]["result"]["items"] == {"type": "number", "format": "double"}
    assert json.loads(numbers["examples"][0]) == {"result": [0.0]}
    assert json.loads(schemas()["ServiceOutput"]["examples"][0]) == {"result": ["no"]}


def test_probabilities_are_told_where_there_are_any() -> None:
    def examples(has_probabilities: bool) -> Any:
        body = openapi31(SPEC, MODEL, has_probabilities=has_probabilities)["paths"]["/score"]["post"]
        return body["requestBody"]["content"]["application/json"]["examples"]

    assert list(examples(False)) == ["predict"]
    assert examples(True)["predict_proba"]["value"]["GlobalParameters"] == {"method": "predict_proba"}


@pytest.mark.parametrize("version", ["2", "3", "3.1"])
@pytest.mark.parametrize("model", [MODEL, None])
def test_every_document_is_valid(version: str, model: ModelSchema | None) -> None:
    validator = pytest.importorskip(
        "openapi_spec_validator", reason="openapi-spec-validator is not installed"
    )
    validator.validate(json.loads(documents(SPEC, model, has_probabilities=True)[version]))


def test_the_example_fits_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = schemas()["ServiceInput"]
    jsonschema.validate(schema["examples"][0], schema)
    with pytest.raises(jsonschema.ValidationError, match="16 is less than the minimum"):
        jsonschema.validate({"data": [{"age": 16, "job": "student", "rate": 1}]}, schema)


def test_the_service_answers_what_its_document_says(service: Worker) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    document = service.ask("GET", "/swagger.json?version=3.1").json()
    found = document["components"]["schemas"]
    answer = service.ask("POST", "/score", found["ServiceInput"]["examples"][0], KEY)
    jsonschema.validate(json.loads(answer.json()), found["ServiceOutput"]["contentSchema"])
    assert "ServiceInputWithMethod" not in found


def test_a_decoration_describes_a_script_of_the_users() -> None:
    said = Decoration({"type": "object", "example": {"data": [1]}}, {"type": "array"}, ["3.0", "3.1"])
    found = documents(SPEC, None, decoration=said)
    assert sorted(found) == ["3", "3.0", "3.1"]
    assert json.loads(found["3.1"])["components"]["schemas"]["ServiceInput"] == said.input


def test_inference_schema_documents_the_service(launch: Any) -> None:
    pytest.importorskip("inference_schema", reason="inference-schema is not installed")
    worker = launch(
        "from inference_schema.schema_decorators import input_schema, output_schema\n"
        "from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as P\n"
        "def init(): pass\n"
        "@input_schema('data', P([{'age': 40}]))\n"
        "@output_schema(P([1]))\n"
        "def run(data): return [row['age'] for row in data]\n"
    )
    definitions = worker.ask("GET", "/swagger.json").json()["definitions"]
    example = definitions["ServiceInput"]["example"]
    assert example == {"data": [{"age": 40}]}
    assert definitions["ServiceOutput"]["type"] == "array"
    assert worker.score(example, {"Content-Type": "application/json"}).json() == [40]
