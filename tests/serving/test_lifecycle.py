"""Start, failed start, changed keys, drain, and the end of the supervisor."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mlops_cli.engine.serving.auth import issue_token
from mlops_cli.engine.serving.spec import (
    EXIT_STARTUP_FAILED,
    Secrets,
    StartupFailure,
    read_readiness,
    read_spec,
)
from tests.serving.harness import (
    KEY,
    ROWS,
    SCHEMA,
    SECRETS,
    Worker,
    lines,
    request,
    start,
    until,
    write_secrets,
    write_service,
    write_spec,
)

Launch = Callable[..., Worker]
SLOW = """
import time

def init():
    print("hello")

def run(data):
    print("began")
    time.sleep(float(data))
    return "done"
"""


def failure(worker: Worker) -> StartupFailure:
    assert worker.process.returncode == EXIT_STARTUP_FAILED
    told = read_readiness(worker.readiness)
    assert told == msgspec.json.decode(worker.stderr.splitlines()[-1], type=StartupFailure)
    assert told is not None
    return told


def test_a_good_worker_says_ready(launch: Launch) -> None:
    worker = launch()
    assert read_readiness(worker.readiness) is None
    assert worker.terminate() == 0


def test_a_worker_that_dies_unheard_is_not_ready() -> None:
    told = read_readiness(b"")
    assert told is not None
    assert told.code == "WorkerDied"


def test_init_that_fails_shows_the_users_frames_only(launch: Launch) -> None:
    script = "def init():\n    load()\n\ndef load():\n    open('model.pkl')\n\ndef run(data): pass\n"
    worker = launch(script)
    told = failure(worker)
    assert told.code == "InitFailed"
    assert "FileNotFoundError" in told.message
    assert "score.py, line 5: open('model.pkl')" in told.message
    assert [(Path(f.file).name, f.line, f.function) for f in told.frames] == [
        ("score.py", 2, "init"),
        ("score.py", 5, "load"),
    ]
    assert any("Traceback" in line["message"] for line in worker.log())


def test_a_missing_module_is_named(launch: Launch) -> None:
    told = failure(launch("import json\nimport no_such_module\n"))
    assert (told.code, told.missing_module) == ("MissingModule", "no_such_module")
    assert told.frames[-1].line == 2
    assert "no_such_module" in (told.hint or "")


def test_a_syntax_error_is_located(launch: Launch) -> None:
    told = failure(launch("def init():\n    pass\ndef run(data)\n    return 1\n"))
    assert told.code == "EntryScript"
    assert (told.frames[-1].line, told.frames[-1].source) == (3, "def run(data)")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("def init(): pass\n", "no function run()"),
        ("def run(data): pass\n", "no function init()"),
        ("def init(): pass\ndef run(): pass\n", "must accept an argument"),
        ("import sys\nsys.exit(1)\n", "SystemExit"),
    ],
)
def test_a_script_that_cannot_serve_says_why(launch: Launch, script: str, message: str) -> None:
    told = failure(launch(script))
    assert told.code == "EntryScript"
    assert message in told.message


@pytest.mark.parametrize("name", ["service.json", "secrets.json", "schema.json", "score.py"])
def test_a_missing_or_broken_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_service(tmp_path / "service", schema=SCHEMA)
    (folder / name).write_text("{")
    worker = start(folder)
    worker.close()
    assert name in failure(worker).message


def test_the_script_finds_its_neighbours_and_its_model(tmp_path: Path) -> None:
    script = (
        "import os, helper\ndef init(): pass\n"
        "def run(data): return [helper.NAME, os.environ['AZUREML_MODEL_DIR'], os.environ['OMP_NUM_THREADS']]\n"
    )
    folder = write_service(tmp_path / "service", script, model_dir="model", threads=2)
    (folder / "helper.py").write_text("NAME = 'neighbour'\n")
    os.environ.pop("OMP_NUM_THREADS", None)
    worker = start(folder)
    try:
        assert worker.score(b"1").json() == ["neighbour", str(folder / "model"), "2"]
    finally:
        worker.close()


def test_keys_change_without_a_restart(launch: Launch) -> None:
    worker = launch(schema=SCHEMA)
    new = Secrets("third-key", SECRETS.secondary, SECRETS.token_secret)
    write_secrets(worker.folder, new)
    body = {"data": ROWS}
    assert worker.ask("POST", "/score", body, {"Authorization": "Bearer third-key"}).status == 200
    assert worker.ask("POST", "/score", body, KEY).status == 401
    assert worker.ask("POST", "/score", body, {"Authorization": "Bearer second-key"}).status == 200


def test_an_old_key_dies_by_itself(launch: Launch) -> None:
    worker = launch(schema=SCHEMA)
    write_secrets(worker.folder, Secrets("third-key", "fourth-key", "s"))
    assert until(lambda: worker.score({"data": ROWS}).status == 401)


def test_a_kept_connection_is_let_in_no_longer_than_its_key(launch: Launch) -> None:
    worker = launch(schema=SCHEMA)
    asked = request("POST", "/score", json.dumps({"data": ROWS}).encode(), KEY)
    with worker.connect() as client:
        assert [client.send(asked).read().status for _ in range(3)] == [200, 200, 200]
        write_secrets(worker.folder, Secrets("third-key", "fourth-key", "s"))
        assert until(lambda: client.send(asked).read().status == 401)


def test_a_kept_connection_is_let_in_no_longer_than_its_token(launch: Launch) -> None:
    worker = launch(schema=SCHEMA, auth="token")
    token = issue_token("token-secret", "bank", ttl_seconds=2, now=time.time())
    asked = request(
        "POST", "/score", json.dumps({"data": ROWS}).encode(), {"Authorization": f"Bearer {token}"}
    )
    with worker.connect() as client:
        assert [client.send(asked).read().status for _ in range(3)] == [200, 200, 200]
        assert until(lambda: client.send(asked).read().status == 401)


def test_broken_secrets_change_nothing(launch: Launch) -> None:
    worker = launch(schema=SCHEMA)
    (worker.folder / "secrets.json").write_text("{")
    worker.process.send_signal(signal.SIGHUP)
    assert until(lambda: any("kept the settings in use" in line["message"] for line in worker.log()))
    assert worker.score({"data": ROWS}).status == 200


def test_token_auth(launch: Launch) -> None:
    worker = launch(auth="token")
    good = issue_token("token-secret", "bank", now=2_000_000_000)
    old = issue_token("token-secret", "bank", now=1_000_000_000)
    assert worker.ask("POST", "/score", b"[]", {"Authorization": f"Bearer {good}"}).status != 401
    answer = worker.ask("POST", "/score", b"[]", {"Authorization": f"Bearer {old}"})
    assert (answer.status, answer.json()["message"]) == (401, "the token has expired")
    assert worker.ask("POST", "/score", b"[]", KEY).status == 401


def test_no_auth(launch: Launch) -> None:
    assert launch(auth="none", schema=SCHEMA).ask("POST", "/score", {"data": ROWS}).status == 200


def test_sigterm_answers_what_has_been_asked(launch: Launch) -> None:
    worker = launch(SLOW)
    idle, busy = worker.connect(), worker.connect()
    assert idle.send(request("GET", "/")).read().status == 200
    busy.send(request("POST", "/score", b"0.4", KEY))
    until(lambda: any(line["message"] == "began" for line in worker.log()))
    worker.process.send_signal(signal.SIGTERM)
    answer = busy.read()
    assert (answer.json(), answer.headers["connection"]) == ("done", "close")
    assert busy.at_end()
    assert idle.at_end()
    assert worker.process.wait(20) == 0


def test_a_draining_worker_accepts_nobody_new(launch: Launch) -> None:
    worker = launch(SLOW)
    busy = worker.connect().send(request("POST", "/score", b"0.5", KEY))
    until(lambda: any(line["message"] == "began" for line in worker.log()))
    worker.process.send_signal(signal.SIGTERM)

    def is_refused() -> bool:
        try:
            worker.connect().send(request("GET", "/")).read()
        except (ConnectionError, EOFError):
            return True
        return False

    assert until(is_refused)
    assert busy.read().json() == "done"


def test_the_heir_is_started_once_and_the_worker_serves_on(launch: Launch, tmp_path: Path) -> None:
    heir = tmp_path / "heir"
    command = f"import os; open({str(heir)!r}, 'a').write(f'{{os.getsid(0) == os.getpid()}}\\n')"
    worker = launch(schema=SCHEMA, on_orphaned=(sys.executable, "-c", command))
    os.close(worker.alive)
    worker.alive = -1
    assert until(lambda: heir.exists() and heir.read_text()) == "True\n"
    assert worker.score({"data": ROWS}).status == 200
    assert worker.terminate() == 0
    assert heir.read_text() == "True\n"


def test_an_heir_that_cannot_start_is_logged(launch: Launch) -> None:
    worker = launch(on_orphaned=("/no/such/program",))
    os.close(worker.alive)
    worker.alive = -1
    assert until(lambda: any("cannot start a new supervisor" in line["message"] for line in worker.log()))
    assert worker.ask("GET", "/").status == 200


def test_app_insights_is_switched_without_a_restart(launch: Launch) -> None:
    worker = launch(schema=SCHEMA)
    records = worker.folder / "requests.jsonl"
    worker.score({"data": ROWS}, {"x-ms-request-id": "unseen"})
    write_spec(worker.folder, msgspec.structs.replace(read_spec(worker.folder), app_insights=True))

    def is_recorded() -> bool:
        worker.score({"data": ROWS}, {"x-ms-client-request-id": "client"})
        return bool(lines(records))

    assert until(is_recorded)
    worker.ask("GET", "/")
    worker.ask("GET", "/nowhere")
    assert worker.terminate() == 0
    found = lines(records)
    assert {line["path"] for line in found} == {"/score", "/nowhere"}
    assert "unseen" not in {line["request_id"] for line in found}
    first = found[0]
    assert (first["method"], first["status"], first["rows"]) == ("POST", 200, 2)
    assert (first["client_request_id"], first["worker"]) == ("client", worker.process.pid)
    assert first["bytes_in"] == len('{"data": ') + len(str(ROWS).replace("None", "null")) + 1
    assert first["bytes_out"] == 33
    assert 0 <= first["run_ms"] <= first["duration_ms"]
    assert first["time"].endswith("Z")
