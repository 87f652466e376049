"""What clients send, and what they are told when it is wrong."""

import gzip
import json
import zlib
from typing import Any

import msgspec
import pytest

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving.messages import Refusal
from mlops_cli.engine.serving.payload import decompress, parse_json, parse_query, query_payload, rows_of
from tests.serving.harness import ROWS, SCHEMA

MODEL = msgspec.convert(SCHEMA, ModelSchema)
REGRESSION = msgspec.structs.replace(MODEL, task="regression")
ARRAYS = [[17, "student", 1.5], [87, "admin.", None]]


def refusal(value: Any, schema: ModelSchema | None = MODEL) -> Refusal:
    with pytest.raises(Refusal) as caught:
        rows_of(value, schema)
    return caught.value


@pytest.mark.parametrize(
    "value",
    [
        {"data": ROWS},
        {"data": ARRAYS},
        {"columns": ["age", "job", "rate"], "data": ARRAYS},
        {"data": {"columns": ["age", "job", "rate"], "index": [0, 1], "data": ARRAYS}},
        {"columns": ["rate", "age", "job"], "data": [[1.5, 17, "student"], [None, 87, "admin."]]},
        {"Inputs": {"data": ROWS}},
        {"Inputs": {"data": ROWS}, "GlobalParameters": {"method": "predict"}},
        {"Inputs": {"data": ROWS}, "GlobalParameters": 1.0},
    ],
)
def test_every_form_gives_the_same_rows(value: Any) -> None:
    payload = rows_of(value, MODEL)
    assert payload.rows == ROWS
    assert payload.method == "predict"
    assert payload.wrapped == ("Inputs" in value)


def test_method_is_taken_from_the_global_parameters() -> None:
    value = {"Inputs": {"data": ROWS}, "GlobalParameters": {"method": "predict_proba"}}
    assert rows_of(value, MODEL).method == "predict_proba"
    assert "no probabilities" in refusal(value, REGRESSION).message
    assert rows_of({"data": ROWS, "method": "predict_proba"}, MODEL).method == "predict_proba"
    value["GlobalParameters"] = {"method": ["explain"]}
    assert "use one of predict, predict_proba" in refusal(value).message


@pytest.mark.parametrize("value", [None, 1, "x", [], ROWS, {}, {"Data": ROWS}, {"data": 1}, {"data": {}}])
def test_a_wrong_shape_gets_the_right_one_as_hint(value: Any) -> None:
    wrong = refusal(value)
    assert (wrong.status, wrong.kind) == (400, "InvalidPayload")
    assert wrong.hint == 'send {"data": [{"column": value, ...}, ...]}'


def test_no_rows_are_an_error() -> None:
    assert refusal({"data": []}).kind == "EmptyData"


def test_problems_name_row_and_column() -> None:
    rows = [ROWS[0], {"age": "old", "jop": "student", "rate": 1}]
    wrong = refusal({"data": rows})
    assert (wrong.status, wrong.kind) == (400, "SchemaMismatch")
    assert {(p.row, p.column) for p in wrong.problems or []} == {(1, "age"), (1, "job"), (1, "jop")}
    assert "did you mean 'job'?" in wrong.message
    assert wrong.message.endswith("(and 2 more)")


@pytest.mark.parametrize("row", [[1], [1, 2, 3, 4]])
def test_an_array_of_the_wrong_length_names_its_row(row: list[int]) -> None:
    wrong = refusal({"data": [ARRAYS[0], row]})
    assert wrong.message == f"row 1 has {len(row)} values, expected 3"


def test_without_a_schema_rows_pass_as_they_are() -> None:
    assert rows_of({"data": [[1], "x", {"a": []}]}, None).rows == [[1], "x", {"a": []}]


@pytest.mark.parametrize("value", ["inf", "nan", "1_000", float("inf"), 10**400, "", "1e999"])
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    assert refusal({"data": [{"age": 1, "job": "x", "rate": value}]}).kind == "SchemaMismatch"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "line 1 column 1"),
        (b'{"data": [1,\n 2,,]}', "line 2 column 4"),
        (b"{'data': 1}", "line 1 column 2"),
        (b'{"a":1} x', "Extra data"),
        (b'{"a": Infinity}', "Infinity is no JSON number"),
        (b'"\xff"', "not UTF-8: byte 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 6_000, "not JSON"),
    ],
)
def test_what_is_not_json_is_located(body: bytes, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_json(body)
    assert (caught.value.status, caught.value.kind) == (400, "InvalidJson")
    assert message in caught.value.message


def test_nan_of_python_clients_is_a_missing_value() -> None:
    assert parse_json(b'{"a": [NaN, 1]}') == {"a": [None, 1]}


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_query_is_read_as_azure_reads_it() -> None:
    assert parse_query(b"a=1&b=[1,2]&c=a&d=null&e=") == {"a": 1, "b": [1, 2], "c": "a", "d": None, "e": ""}
    assert parse_query(b"x=1&x=y") == {"x": [1, "y"]}
    assert query_payload(b"age=17&job=student&rate=1.5") == {"data": [ROWS[0]]}
    assert query_payload(b"data=%5B%7B%22age%22:1%7D%5D") == {"data": [{"age": 1}]}


@pytest.mark.parametrize(
    ("encoding", "pack"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress), (b"", bytes)]
)
def test_packed_bodies_are_unpacked(encoding: bytes, pack: Any) -> None:
    assert decompress(pack(b"abc"), encoding, 3) == b"abc"


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(b"a" * 1_000_000, mtime=0), b"gzip", 413),
        (gzip.compress(b"abc", mtime=0)[:-9], b"gzip", 400),
        (b"abc", b"gzip", 400),
        (b"abc", b"br", 415),
    ],
)
def test_bad_packing_is_refused(body: bytes, encoding: bytes, status: int) -> None:
    with pytest.raises(Refusal) as caught:
        decompress(body, encoding, 1_000)
    assert caught.value.status == status


def test_the_refusal_says_it_in_azures_words_and_in_ours() -> None:
    body = json.loads(refusal({"data": []}).response("the-id").body)
    assert body["status_code"] == 400
    assert body["message"] == body["error"]["message"] == '"data" is empty: there is nothing to score'
    assert body["error"]["request_id"] == "the-id"


def test_forecasts_are_asked_for_with_quantiles() -> None:
    model = msgspec.structs.replace(MODEL, task="forecasting")
    beside, within = {"data": ROWS, "quantiles": [0.1, 0.9]}, {"Inputs": {"data": ROWS}}
    assert rows_of(beside, model).quantiles == [0.1, 0.9]
    assert rows_of(within | {"GlobalParameters": {"quantiles": [0.5]}}, model).quantiles == [0.5]
    assert rows_of(within, model).quantiles == rows_of(beside, MODEL).quantiles == []
    for wrong in (0.5, ["a"], [2.0]):
        assert "numbers between 0 and 1" in refusal({"data": ROWS, "quantiles": wrong}, model).message
