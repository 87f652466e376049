"""What entry scripts are given, what becomes of what they return, and how they fail."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mlops_cli.engine.serving.scoring import UnencodableAnswerError, encode_answer
from tests.serving.harness import KEY, ROWS, SCHEMA, Worker, request, until

Launch = Callable[..., Worker]


def script(run: str, init: str = "pass") -> str:
    return f"import json\n\ndef init():\n    {init}\n\n{run}\n"


ECHO = script("def run(raw_data):\n    return {'type': type(raw_data).__name__, 'data': raw_data}")


def test_a_users_script_gets_the_text_of_the_body(launch: Launch) -> None:
    worker = launch(ECHO)
    assert worker.score(b" anything, \xc3\xa9 ").json() == {"type": "str", "data": " anything, é "}
    assert worker.score(b"\xff").json()["error"]["code"] == "InvalidEncoding"
    answer = worker.ask("GET", "/score?a=1&b=x", headers=KEY)
    assert json.loads(answer.json()["data"]) == {"a": 1, "b": "x"}


def test_more_parameters_are_filled_by_name(launch: Launch) -> None:
    worker = launch(script("def run(data, scale):\n    return [scale * value for value in data]"))
    assert worker.score({"data": [1, 2], "scale": 3}).json() == [3, 6]
    missing = worker.score({"data": [1], "scael": 3})
    assert missing.json()["message"] == "A value is not provided for the 'scale' parameter."
    assert (missing.status, missing.json()["error"]["hint"]) == (400, "run() takes data, scale")
    assert worker.score({"data": [1, 2], "scale": 3, "method": "predict"}).json() == [3, 6]
    assert worker.score([1]).status == worker.score(b"").status == worker.score(b"\xff").status == 400
    assert worker.ask("GET", "/score?data=[1,NaN]&scale=2", headers=KEY).json() == [2, None]


DECORATED = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema
def init(): pass
@input_schema('data', StandardPythonParameterType([1.0]))
@input_schema('scale', StandardPythonParameterType(2))
def run(data, scale=7): return [repr(data), scale]
"""


def test_a_decorated_script_is_given_what_azure_gives_it(launch: Launch) -> None:
    pytest.importorskip("inference_schema")
    worker = launch(DECORATED)
    as_json = {"Content-Type": "application/json; charset=utf-8"}
    assert worker.score({"data": [1.5]}, as_json).json() == ["[1.5]", 7]
    assert worker.score(b'{"data": [NaN, -Infinity], "x": 1}', as_json).json() == ["[nan, -inf]", 7]
    assert worker.score('{"data": [1]}'.encode("utf-16"), as_json).json() == ["[1]", 7]
    assert worker.score({"data": [1]}, {"Content-Type": "application/vnd.a+json"}).status == 200
    assert worker.score({"scale": 1}, as_json).json()["error"]["code"] == "InvalidPayload"
    untyped = worker.score({"data": [1]}, {"Content-Type": "text/json"})
    assert (untyped.status, untyped.json()["message"]) == (
        415,
        "Expects Content-Type to be application/json",
    )


def test_a_script_may_ask_for_the_headers_in_any_case(launch: Launch) -> None:
    run = "def run(*, data, request_headers):\n    h = request_headers\n    return [data, h['x-tenant'], list(h)[1]]"
    worker = launch(script(run))
    assert worker.score(b"d", {"X-TENANT": "t1"}).json() == ["d", "t1", "Authorization"]


def test_the_script_behind_a_driver_of_azures_is_called(launch: Launch) -> None:
    driver = "import types\ndriver_module = types.ModuleType('d')\ndriver_module.run = lambda data: ['own', data]\n"
    assert launch(driver + ECHO).score(b"1").json() == ["own", "1"]


RAW_AND_DECORATED = DECORATED.replace(
    "def init", "from azureml.contrib.services.aml_request import rawhttp\ndef init"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (script("def run(data, **more): pass"), "positional-only arguments, *args or **kwargs"),
        (script("def run(data, *more): pass"), "positional-only arguments, *args or **kwargs"),
        (script("def run(data, /): pass"), "positional-only arguments, *args or **kwargs"),
        (script("def run(request_headers): pass"), "must accept an argument for the data"),
        (RAW_AND_DECORATED.replace("@input", "@rawhttp\n@input", 1), "both @rawhttp and @input_schema"),
    ],
)
def test_what_azure_does_not_start_is_not_started_here(launch: Launch, text: str, message: str) -> None:
    failure = json.loads(launch(text).readiness)
    assert (failure["code"], message in failure["message"]) == ("EntryScript", True)


def test_generated_scripts_get_rows_and_the_method(launch: Launch) -> None:
    run = "def run(rows, method='predict'):\n    return json.dumps({'result': [method] * len(rows)})"
    worker = launch(script(run), schema=SCHEMA)
    assert worker.score({"data": ROWS}).json() == '{"result": ["predict", "predict"]}'
    parameters = {"GlobalParameters": {"method": "predict_proba"}}
    answer = worker.score({"Inputs": {"data": ROWS}, **parameters})
    assert answer.json() == {"Results": ["predict_proba", "predict_proba"]}


def test_probabilities_are_refused_when_the_script_has_none(service: Worker) -> None:
    parameters = {"GlobalParameters": {"method": "predict_proba"}}
    answer = service.score({"Inputs": {"data": ROWS}, **parameters})
    assert answer.status == 400
    assert answer.json()["message"] == "this service has no method 'predict_proba', use predict"
    assert service.score({"Inputs": {"data": ROWS}}).json() == {"Results": ["yes", "no"]}


def test_a_small_body_is_scored_on_the_event_loop(launch: Launch) -> None:
    run = "import threading\ndef run(data):\n    return threading.current_thread().name"
    worker = launch(script(run), inline_bytes=10)
    assert worker.score(b"1").json() == "MainThread"
    assert worker.score(b"1" * 11).json() == "run"


def test_a_query_has_its_deadline_too(launch: Launch) -> None:
    worker = launch(script("import time\ndef run(data):\n    time.sleep(30)"), scoring_timeout_ms=200)
    assert worker.ask("GET", "/score?a=1", headers=KEY).status == 504


def test_bad_rows_never_reach_the_script(launch: Launch) -> None:
    worker = launch(script("def run(rows):\n    raise SystemError"), schema=SCHEMA)
    answer = worker.score({"data": [{"age": "x"}]})
    assert answer.status == 400
    problems = answer.json()["error"]["problems"]
    assert {(p["row"], p["column"]) for p in problems} == {(0, "age"), (0, "job"), (0, "rate")}
    assert answer.headers["x-ms-run-function-failed"] == "False"


def test_an_exception_shows_the_users_own_line(launch: Launch) -> None:
    run = "def run(data):\n    return helper(data)\n\ndef helper(data):\n    return json.loads(data)['age']"
    worker = launch(script(run))
    answer = worker.score(b"{}", {"x-ms-request-id": "failing"})
    assert answer.status == 500
    assert answer.headers["x-ms-run-function-failed"] == "True"
    error = answer.json()["error"]
    assert error["code"] == "ScoringFailed"
    assert "KeyError: 'age' (score.py, line 10: return json.loads(data)['age'])" in error["message"]
    logged = [line for line in worker.log() if line.get("request_id") == "failing"]
    assert [line["level"] for line in logged] == ["ERROR", "ERROR"]
    assert "Traceback (most recent call last)" in logged[0]["message"]
    assert "in helper" in logged[0]["message"]
    assert "mlops_cli" not in logged[0]["message"]


@pytest.mark.parametrize("failure", ["raise SystemExit(1)", "raise KeyboardInterrupt", "return run(data)"])
def test_no_exception_ends_the_service(launch: Launch, failure: str) -> None:
    worker = launch(script(f"def run(data):\n    {failure}"))
    assert worker.score(b"1").status == 500
    assert worker.ask("GET", "/").status == 200


@pytest.mark.parametrize("answer", ["object()", "{1: {(2, 3): 4}, 'x': lambda: 1}", "open(__file__)"])
def test_an_answer_without_json_form_is_a_clear_500(launch: Launch, answer: str) -> None:
    response = launch(script(f"def run(data):\n    return {answer}")).score(b"1")
    assert response.status == 500
    assert "cannot be written as JSON" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ('{"result": ["yes", "no"]}', b'"{\\"result\\": [\\"yes\\", \\"no\\"]}"'),
        ({"a": [1, 2.5, None, True]}, b'{"a":[1,2.5,null,true]}'),
        ([float("nan")], b"[null]"),
        ("\ud800", b'"\\ud800"'),
        (None, b"{}"),
        ([None], b"[null]"),
        ({None: 1, True: 2.5}, b'{"null": 1, "true": 2.5}'),
        ({None: [2**70]}, b'{"null": [1180591620717411303424]}'),
    ],
)
def test_answers(answer: Any, body: bytes) -> None:
    assert encode_answer(answer) == body


def test_numpy_and_pandas_answers() -> None:
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    assert encode_answer({"a": numpy.array([[1, 2]]), "b": numpy.float32(0.5)}) == b'{"a":[[1,2]],"b":0.5}'
    assert encode_answer([numpy.int64(3), numpy.bool_(True), numpy.str_("x")]) == b'[3,true,"x"]'
    frame = pandas.DataFrame({"a": [1, 2]})
    assert encode_answer([frame["a"], frame]) == b'[[1,2],[{"a":1},{"a":2}]]'


def test_an_answer_that_contains_itself_is_an_error() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(UnencodableAnswerError):
        encode_answer(endless)


SLOW = script(
    "import time\ndef run(data):\n    print('began')\n    time.sleep(float(data))\n    return 'done'"
)


def test_health_answers_while_run_works(launch: Launch) -> None:
    worker = launch(SLOW)
    busy = worker.connect()
    busy.send(request("POST", "/score", b"0.5", KEY))
    until(lambda: any(line["message"] == "began" for line in worker.log()))
    assert worker.ask("GET", "/").body == b"Healthy"
    assert busy.read().json() == "done"


def test_a_run_that_takes_too_long_is_answered_504(launch: Launch) -> None:
    worker = launch(SLOW, scoring_timeout_ms=200)
    answer = worker.score(b"30")
    assert answer.status == 504
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert answer.json()["message"] == "Scoring timeout after 200 ms"
    assert worker.score(b"0").json() == "done"


def test_a_worker_whose_runs_never_end_gives_up(launch: Launch) -> None:
    worker = launch(SLOW, scoring_timeout_ms=50)
    statuses = [worker.score(b"60").status for _ in range(4)]
    assert statuses == [504, 504, 504, 504]
    assert worker.process.wait(20) == 75
    assert any("never ended" in line["message"] for line in worker.log())


def test_a_full_queue_is_503(launch: Launch) -> None:
    worker = launch(SLOW, limits={"queue": 1})
    answers: list[int] = []

    def ask() -> None:
        answers.append(worker.score(b"0.3").status)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {200, 503}
    assert answers.count(200) == 2


def test_a_model_that_refuses_its_rows_blames_the_caller(launch: Launch) -> None:
    """As a forecast does for dates that lie before the end of its training data."""
    refuses = (
        "def run(rows):\n    raise DataError('row 0: 2011-01-01 is no future date', hint='give later dates')"
    )
    worker = launch("from mlops_cli.errors import DataError\n" + script(refuses), schema=SCHEMA)
    answer = worker.score({"data": ROWS})
    assert answer.status == 400
    assert answer.json()["error"]["message"] == "row 0: 2011-01-01 is no future date"
    assert answer.json()["error"]["hint"] == "give later dates"
