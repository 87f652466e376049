"""The scoring service on the fast path answers what it answers without."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from mlops_cli.engine.compile.model import compile_model
from mlops_cli.engine.endpoints import collected
from mlops_cli.engine.model import folder
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.serving.fast import table
from mlops_cli.engine.serving.spec import ServiceSpec
from tests.fast.models import CATEGORIES, fitted, rows_of, shop
from tests.serving.harness import KEY, SECRETS, Worker, start, write_secrets, write_spec


def service(model: FittedModel, place: Path, *, fast: bool, **settings: Any) -> Path:
    """A service directory with the model as trained and, if wanted, compiled."""
    folder.save(model, place / "model", folder.Manifest("test"))
    if fast:
        graph, encoding = compile_model(model)
        table.save(place / "fast", graph, encoding)
        settings |= {"fast": "fast", "inline_bytes": 16_384}
    files = {"entry_script": "model/score.py", "model_dir": "model", "schema_file": "model/schema.json"}
    write_spec(place, ServiceSpec("shop", payload="rows", **files, **settings))
    write_secrets(place, SECRETS)
    return place


@pytest.fixture(scope="module")
def model() -> FittedModel:
    return fitted("two", [CATEGORIES, ("LogisticRegression", {})])


@pytest.fixture(scope="module")
def both(model: FittedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Worker, Worker]]:
    """A worker on the fast path, and one that runs the entry script."""
    top = tmp_path_factory.mktemp("services")
    started = [start(service(model, top / str(fast), fast=fast)) for fast in (True, False)]
    yield started[0], started[1]
    for worker in started:
        worker.close()


@pytest.fixture(scope="module")
def rows(model: FittedModel) -> list[dict[str, Any]]:
    return rows_of(shop(60, seed=5), model)


def told(worker: Worker, *request: Any, **given: Any) -> tuple[int, Any]:
    """Status and body without what differs from request to request."""
    answer = worker.ask(*request, headers={**KEY, **given})
    body = json.loads(answer.body)
    if isinstance(body, dict) and "error" in body:
        del body["error"]["request_id"]
    return answer.status, body


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    return [rounded(item) for item in value] if isinstance(value, list) else value


def test_two_rows_are_answered_in_33_bytes(both: tuple[Worker, Worker], rows: list[Any]) -> None:
    answers = {}
    for row in rows:
        answers[both[0].score({"data": [row]}).body] = row
    no, yes = (answers[b'"{\\"result\\": [\\"' + label + b'\\"]}"'] for label in (b"no", b"yes"))
    fast, reference = (worker.score({"data": [no, yes]}) for worker in both)
    assert fast.body == reference.body == b'"{\\"result\\": [\\"no\\", \\"yes\\"]}"'
    assert len(fast.body) == 33
    assert fast.headers["content-type"] == "application/json"
    assert fast.headers["x-ms-run-function-failed"] == "False"
    assert float(fast.headers["x-ms-run-fn-exec-ms"]) >= 0


def test_both_answer_every_body_alike(both: tuple[Worker, Worker], rows: list[dict[str, Any]]) -> None:
    row = rows[0]
    columns = list(row)
    as_text = {name: str(value) if isinstance(value, float | int) else value for name, value in row.items()}
    without = {name: value for name, value in row.items() if name != "size"}
    bodies: list[Any] = [
        {"data": rows},
        {"data": rows * 20},
        {"data": [as_text]},
        {"data": [dict.fromkeys(row)]},
        {"data": [[row[name] for name in columns]]},
        {"columns": columns, "data": [list(row.values())]},
        {"data": {"columns": columns, "data": [list(row.values())]}},
        {"Inputs": {"data": rows}},
        {"Inputs": {"data": rows}, "GlobalParameters": {"method": "predict"}},
        {"data": rows, "GlobalParameters": None},
        {"data": []},
        {"data": [without]},
        {"data": [{**row, "sizes": 1}]},
        {"data": [{**row, "size": "large"}, {**row, "since": "yesterday"}]},
        {"data": [{**row, "member": 2}]},
        {"data": [{**row, "colour": ["red"]}]},
        {"data": [{**row, "two": "yes"}]},
        {"data": [1, None]},
        {"data": rows, "GlobalParameters": {"method": "explain"}},
        {"rows": rows},
        [],
        b"",
        b"{",
        b'{"data": [{"size": NaN}]}',
        b"\xff",
    ]
    for body in bodies:
        fast, reference = (told(worker, "POST", "/score", body) for worker in both)
        assert fast == reference, body


def test_what_is_collected_is_what_was_sent(model: FittedModel, rows: list[Any], tmp_path: Path) -> None:
    worker = start(service(model, tmp_path, fast=True, collect_data=True))
    row, compact = rows[0], json.dumps({"data": rows[:1]}).encode()
    zipped = {**KEY, "Content-Encoding": "gzip"}
    try:
        worker.score(compact)
        worker.score(json.dumps({"data": [row]}, indent=1).encode())
        worker.ask("POST", "/score", gzip.compress(compact), zipped)
        worker.score({"Inputs": {"data": [row]}})
        worker.score({"data": [list(row.values())]})
        worker.score(b'{"note": "\xff", ' + compact[1:])
        assert worker.score(json.dumps({"data": [{**row, "size": float("nan")}]}).encode()).status == 200
        assert worker.terminate() == 0
    finally:
        worker.close()
    *found, with_nan = [record.inputs for record in collected.read(tmp_path)]
    assert found == [[row]] * len(found)
    assert len(found) >= 5
    assert with_nan == [{**row, "size": None}]


SPELLINGS = [
    "city 8",
    " city 8 ",
    "city\\u00208",
    "city 8\\n",
    "CITY 8",
    "",
    "  ",
    "8",
    "nan",
    "Stra\u00dfe",
    "x" * 5000,
]
SPELLINGS += ["x" * 5000, "\\u0000", "\\ud83d", "\\ud83d\\ude00"]


@pytest.mark.parametrize("text", SPELLINGS)
def test_texts_of_every_kind_are_answered_alike(
    both: tuple[Worker, Worker], rows: list[dict[str, Any]], text: str
) -> None:
    """`text` as it stands in the JSON."""
    asked = {"data": [{**rows[0], "city": "?"}], "GlobalParameters": {"method": "predict_proba"}}
    body = json.dumps(asked).replace('"?"', f'"{text}"').encode()
    fast, reference = (told(worker, "POST", "/score", body) for worker in both)
    assert fast[0] == reference[0]
    if fast[0] == 200:
        fast, reference = (rounded(json.loads(body)["result"]) for _, body in (fast, reference))
    assert fast == reference


def test_probabilities_are_answered_alike(both: tuple[Worker, Worker], rows: list[dict[str, Any]]) -> None:
    wanted = {"GlobalParameters": {"method": "predict_proba"}}
    beside = {"data": rows, "method": "predict_proba"}
    for body in ({"data": rows, **wanted}, {"Inputs": {"data": rows}, **wanted}, beside):
        fast, reference = (json.loads(worker.score(body).body) for worker in both)
        if isinstance(fast, str):
            fast, reference = json.loads(fast), json.loads(reference)
        (name,) = fast
        assert len(fast[name]) == len(rows)
        assert rounded(fast[name]) == rounded(reference[name])


def test_queries_and_packed_bodies_are_answered_alike(both: tuple[Worker, Worker], rows: list[Any]) -> None:
    query = urlencode({name: json.dumps(value) for name, value in rows[0].items()})
    assert told(both[0], "GET", f"/score?{query}") == told(both[1], "GET", f"/score?{query}")
    packed = gzip.compress(json.dumps({"data": rows}).encode())
    gzipped = {"Content-Encoding": "gzip"}
    fast, reference = (told(worker, "POST", "/score", packed, **gzipped) for worker in both)
    assert fast == reference
    assert fast[0] == 200


def test_both_have_the_same_documents(both: tuple[Worker, Worker]) -> None:
    for version in ("2", "3", "3.1"):
        path = f"/swagger.json?version={version}"
        assert both[0].ask("GET", path).body == both[1].ask("GET", path).body


def test_the_fast_worker_loads_no_library_of_training(both: tuple[Worker, Worker], rows: list[Any]) -> None:
    def libraries(worker: Worker) -> set[str]:
        assert worker.score({"data": rows}).status == 200
        files = [found.path for found in psutil.Process(worker.process.pid).memory_maps()]
        names = ("numpy", "onnxruntime", "pandas", "sklearn", "lightgbm", "scipy", "pyarrow")
        return {name for name in names if any(f"/{name}/" in file for file in files)}

    assert libraries(both[0]) == {"numpy", "onnxruntime"}
    assert libraries(both[1]) >= {"lightgbm"}


def test_a_regression_is_answered_alike(tmp_path: Path) -> None:
    model = fitted("price", [("LightGBM", {"num_leaves": 7})])
    workers = [start(service(model, tmp_path / str(fast), fast=fast)) for fast in (True, False)]
    try:
        body = {"data": rows_of(shop(9), model)}
        proba = {**body, "GlobalParameters": {"method": "predict_proba"}}
        for asked in (body, {"Inputs": body}, proba):
            fast, reference = (told(worker, "POST", "/score", asked) for worker in workers)
            assert fast == reference
        assert told(workers[0], "POST", "/score", proba)[0] == 400
    finally:
        for worker in workers:
            worker.close()


def test_a_damaged_compiled_model_is_no_surprise_later(tmp_path: Path) -> None:
    model = fitted("price", [("LightGBM", {"num_leaves": 7})])
    place = service(model, tmp_path, fast=True)
    (place / "fast" / "encoder.json").write_text("{")
    worker = start(place)
    assert b"encoder.json is not what a service needs" in worker.readiness
    worker.close()


def test_a_model_compiled_by_another_version_is_left_to_the_script(tmp_path: Path) -> None:
    model = fitted("price", [("LightGBM", {"num_leaves": 7})])
    place = service(model, tmp_path, fast=True)
    file = place / "fast" / "encoder.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"form": 1}))
    worker = start(place)
    body = {"data": rows_of(shop(9), model)}
    status, answer = told(worker, "POST", "/score", body)
    worker.close()
    assert status == 200
    assert json.loads(answer)["result"] == pytest.approx(model.predict(body["data"]))
    assert any("compiled by another version" in line["message"] for line in worker.log())
