"""Entry scripts that take the request itself and answer with one of their own."""

from typing import Any

import pytest

from tests.serving.harness import KEY, Worker

SCRIPT = """
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init():
    pass

@rawhttp
def run(request):
    if request.method == "GET":
        return AMLResponse(dict(request.args), 200, json_str=True)
    kind = request.args.get("as")
    if kind == "json":
        return [request.get_json(), request.json, request.is_json]
    if kind == "bytes":
        return AMLResponse(request.get_data(False)[::-1], 200, {"Content-Type": "image/png", "X-Size": "3"})
    if kind == "form":
        image = request.files["image"]
        return [request.full_path, request.form, image.filename, image.content_type, image.read().decode()]
    if kind == "teapot":
        return AMLResponse("short and stout", 418)
    if kind == "none":
        return AMLResponse(None, 204)
    if kind == "failed":
        return AMLResponse("down", 503)
    if kind == "split":
        return AMLResponse("x", 200, {"X-Bad": "a\\r\\nSet-Cookie: b"})
    if kind == "status":
        return AMLResponse("x", 99)
    return {"path": request.path, "tenant": request.headers["x-tenant"], "absent": request.headers.get("x-no"),
            "text": request.get_data(as_text=True), "length": request.content_length}
"""


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from tests.serving.harness import start, write_service

    worker = start(write_service(tmp_path_factory.mktemp("raw"), SCRIPT))
    yield worker
    worker.close()


def post(worker: Worker, kind: str, body: bytes = b"abc", **headers: str) -> Any:
    given = {**KEY, "X-Tenant": "t1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return worker.ask("POST", f"/score?as={kind}", body, given)


def test_the_script_sees_the_request(raw: Worker) -> None:
    assert post(raw, "x").json() == {
        "path": "/score",
        "tenant": "t1",
        "absent": None,
        "text": "abc",
        "length": 3,
    }
    assert raw.ask("GET", "/score?a=1&b=x%20y", headers=KEY).json() == {"a": "1", "b": "x y"}


def test_the_script_answers_every_method_of_azures(launch: Any) -> None:
    worker = launch(
        "from azureml.contrib.services.aml_request import rawhttp\n"
        "from azureml.contrib.services.aml_response import AMLResponse\n"
        "def init(): pass\n"
        "@rawhttp\n"
        "def run(request): return AMLResponse('', 202, {'X-Method': request.method})\n",
        cors_origins=["http://page.example"],
    )
    for method in ("HEAD", "OPTIONS"):
        answer = worker.ask(method, "/score", headers=KEY)
        assert (answer.status, answer.headers["x-method"]) == (202, method)
        assert worker.ask(method, "/score").status == 401
    origin = {"Origin": "http://page.example", "Access-Control-Request-Method": "POST"}
    preflight = worker.ask("OPTIONS", "/score", headers=origin)
    assert (preflight.status, preflight.headers["access-control-allow-methods"]) == (200, "GET, POST")
    assert worker.ask("PUT", "/score", headers=KEY).status == 405


def test_script_sees_the_fields_and_files_of_a_form(raw: Worker) -> None:
    field = b'--b\r\nContent-Disposition: form-data; name="who"\r\n\r\nme\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png'
    parts = field + file + b"\r\n\r\nPNG\r\n--b--\r\n"
    answer = post(raw, "form", parts, Content_Type="multipart/form-data; boundary=b").json()
    assert answer == ["/score?as=form", {"who": "me"}, "a.png", "image/png", "PNG"]


def test_json_is_read_where_it_is_json(raw: Worker) -> None:
    assert post(raw, "json", b'{"a": 1}', Content_Type="application/json").json() == [
        {"a": 1},
        {"a": 1},
        True,
    ]
    assert post(raw, "json", b'{"a": 1}', Content_Type="text/plain").status == 415
    broken = post(raw, "json", b"{", Content_Type="application/json; charset=utf-8")
    assert (broken.status, broken.json()["error"]["code"]) == (400, "InvalidJson")


def test_the_answer_goes_out_as_it_is(raw: Worker) -> None:
    answer = post(raw, "bytes")
    assert (answer.status, answer.body) == (200, b"cba")
    assert (answer.headers["content-type"], answer.headers["x-size"]) == ("image/png", "3")
    assert answer.headers["x-ms-run-function-failed"] == "False"
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) >= 0
    assert post(raw, "teapot").status == 418
    empty = post(raw, "none")
    assert (empty.status, empty.body) == (204, b"")


def test_a_failure_of_the_scripts_own_is_marked_as_one(raw: Worker) -> None:
    answer = post(raw, "failed")
    assert (answer.status, answer.body, answer.headers["x-ms-run-function-failed"]) == (503, b"down", "True")
    assert raw.log()[-1]["message"] == "POST /score 503: what the entry script answered"


@pytest.mark.parametrize("kind", ["split", "status"])
def test_what_http_does_not_have_is_not_sent(raw: Worker, kind: str) -> None:
    answer = post(raw, kind)
    assert (answer.status, answer.json()["error"]["code"]) == (500, "ScoringFailed")
    assert "set-cookie" not in answer.headers


def test_a_compressed_body_arrives_plain(raw: Worker) -> None:
    import gzip

    assert post(raw, "x", gzip.compress(b"abc"), Content_Encoding="gzip").json()["text"] == "abc"


def test_the_other_package_has_the_same_names_and_any_script_may_answer_with_a_response(launch: Any) -> None:
    worker = launch(
        "from azureml_inference_server_http.api.aml_response import AMLResponse\n"
        "def init(): pass\n"
        "def run(data): return AMLResponse({'got': data}, 201, {'X-A': 'b'}, json_str=True)\n"
    )
    answer = worker.score(b"text")
    assert (answer.status, answer.json(), answer.headers["x-a"]) == (201, {"got": "text"}, "b")


def test_a_module_that_azure_does_not_have_is_still_missing(launch: Any) -> None:
    worker = launch("import azureml.contrib.services.nonsense\ndef init(): pass\ndef run(data): pass\n")
    assert b"MissingModule" in worker.readiness


USES_MORE = """
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init(): pass

@rawhttp
def run(request):
    seen = {
        "url": request.url, "base": request.base_url, "root": request.host_url, "host": request.host,
        "kind": request.mimetype, "length": request.content_length, "agent": str(request.user_agent),
        "cookies": request.cookies, "stream": request.stream.read().decode(), "form": request.form,
        "list": request.args.getlist("a"), "number": request.args.get("n", type=int),
        "default": request.args.get("a", 5, type=int), "flat": request.args.to_dict(),
        "values": request.values.getlist("f"), "pairs": sorted(name for name, _ in request.headers)[0],
        "dict": dict(request.headers)["X-N"], "typed": request.headers.get("x-n", type=int),
    }
    answer = AMLResponse(seen, "201 CREATED", json_str=True)
    answer.headers.add("Set-Cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT")
    answer.headers["X-Status"] = answer.status
    answer.headers["X-Keys"] = len(answer.get_json())
    if request.method == "GET":
        answer.set_data(answer.get_data(as_text=True)[:1] + answer.json["number"] * "x")
        answer.content_type, answer.status_code = "text/csv", 202
    return answer
"""


def test_a_script_may_use_what_flasks_requests_and_responses_have(launch: Any) -> None:
    worker = launch(USES_MORE)
    headers = {**KEY, "Host": "h:1", "User-Agent": "ua", "Cookie": "c=1", "X-N": "7"}
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = worker.ask("POST", "/score?a=x&a=y&n=3", b"f=1&g=", form)
    assert (answer.status, answer.headers["x-status"], answer.headers["x-keys"]) == (201, "201 CREATED", "18")
    assert answer.headers["set-cookie"].endswith("GMT")
    assert answer.json() == {
        "url": "http://h:1/score?a=x&a=y&n=3",
        "base": "http://h:1/score",
        "root": "http://h:1/",
        "host": "h:1",
        "kind": "application/x-www-form-urlencoded",
        "length": 6,
        "agent": "ua",
        "cookies": {"c": "1"},
        "stream": "f=1&g=",
        "form": {"f": "1", "g": ""},
        "list": ["x", "y"],
        "number": 3,
        "default": 5,
        "flat": {"a": "x", "n": "3"},
        "values": ["1"],
        "pairs": "Authorization",
        "dict": "7",
        "typed": 7,
    }
    plain = worker.ask("GET", "/score?n=2", headers=headers)
    assert (plain.status, plain.body, plain.headers["content-type"]) == (202, b"{xx", "text/csv")
