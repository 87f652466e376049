"""`mlops swagger --serve, --diff, --snippet` and the gate of `mlops deploy --fail-on-breaking`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
import requests

from tests.cli import toy
from tests.conftest import Mlops

PATIENCE = 30


@pytest.fixture
def deployed(mlops: Mlops) -> Mlops:
    toy.register(mlops)
    mlops("deploy")
    return mlops


@pytest.fixture
def page(deployed: Mlops) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "mlops_cli", "swagger", "--serve", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=deployed.project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def key_of(mlops: Mlops) -> str:
    return str(mlops("endpoints", "keys", "toy", "-o", "json").json()["primary"])


def register_other(mlops: Mlops) -> None:
    """The next version of the toy wants another column."""
    folder = toy.model_folder(mlops.project, limit=77)
    schema = json.loads((folder / "schema.json").read_text())
    schema["inputs"].append({"name": "zip", "type": "string"})
    schema["example"] = [{**row, "zip": "1000"} for row in schema["example"]]
    (folder / "schema.json").write_text(json.dumps(schema))
    mlops("models", "register", folder, "--name", "toy")


def test_serve_shows_the_page_scores_and_ends_with_ctrl_c(
    deployed: Mlops, page: subprocess.Popen[str]
) -> None:
    assert page.stdout
    url = page.stdout.readline().strip()
    assert "swagger-ui-bundle.js" in requests.get(url, timeout=PATIENCE).text
    document = requests.get(url + "swagger.json", timeout=PATIENCE).json()
    uri = deployed("endpoints", "show", "toy", "-o", "json").json()["scoring_uri"]
    assert (document["openapi"], document["servers"]) == ("3.1.0", [{"url": uri.removesuffix("/score")}])
    payload = document["components"]["schemas"]["ServiceInput"]["examples"][0]
    assert requests.post(url + "endpoint/score", json=payload, timeout=PATIENCE).status_code == 401
    headers = {"Authorization": f"Bearer {key_of(deployed)}"}
    answer = requests.post(url + "endpoint/score", json=payload, headers=headers, timeout=PATIENCE)
    assert json.loads(answer.json()) == {"result": ["yes"]}
    assert requests.get(url + "endpoint/", timeout=PATIENCE).text == "Healthy"
    page.send_signal(signal.SIGINT)
    _, said = page.communicate(timeout=PATIENCE)
    assert (page.returncode, said.strip()) == (0, "Ctrl-C ends it")


def test_serve_on_a_port_in_use_says_so(deployed: Mlops) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = deployed("swagger", "--serve", "--port", str(port), code=2)
    assert f"port {port} is in use" in done.stderr
    assert f"--port {port + 1}" in done.stderr


@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
def test_snippets_run_and_hold_no_key(deployed: Mlops, language: str) -> None:
    program = {"curl": "curl", "python": sys.executable, "javascript": "node"}[language]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    text = deployed("swagger", "--snippet", language).stdout
    key = key_of(deployed)
    assert key not in text
    command = {
        "curl": ["sh", "-c", text],
        "python": [program, "-c", text],
        "javascript": [program, "--input-type=module", "-e", text],
    }[language]
    environ = {**os.environ, "SCORING_KEY": key, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert "result" in done.stdout
    assert "yes" in done.stdout


def test_an_open_service_needs_no_key_in_its_snippet(mlops: Mlops) -> None:
    toy.register(mlops)
    mlops("deploy", "--auth", "none")
    assert "SCORING_KEY" not in mlops("swagger", "--snippet", "python").stdout


def test_check_takes_every_version(deployed: Mlops) -> None:
    for version in ("2", "3", "3.1"):
        checked = deployed("swagger", "--check", "--version", version, "-o", "json").json()
        assert (checked["valid"], checked["answer"]) == (True, {"result": ["yes"]})


def test_diff_of_endpoints_and_files(deployed: Mlops) -> None:
    deployed("swagger", "--version", "3.1", "--save", "old.json")
    assert deployed("swagger", "--diff", "old.json", "toy").stdout == "no difference\n"
    register_other(deployed)
    deployed("deploy", "other", "--model", "toy:2")
    done = deployed("swagger", "--diff", "toy", "other", code=8)
    assert done.stdout == "breaking    input data[].zip is new and has to be sent\n"
    found = deployed("swagger", "--diff", "old.json", "other", "-o", "json", code=8).json()
    assert found["breaking"] == ["input data[].zip is new and has to be sent"]
    assert deployed("swagger", "--diff", "other", "old.json", code=8).stdout.startswith(
        "breaking    input data[].zip"
    )


def test_diff_of_what_is_no_document(deployed: Mlops) -> None:
    (deployed.project / "a.json").write_text("{}")
    (deployed.project / "b.json").write_text("not json")
    assert "has no paths" in deployed("swagger", "--diff", "a.json", "toy", code=2).stderr
    assert "is not JSON" in deployed("swagger", "--diff", "toy", "b.json", code=2).stderr
    deployed("swagger", "--diff", "nothing", "toy", code=4)


def test_fail_on_breaking_keeps_what_runs(deployed: Mlops) -> None:
    register_other(deployed)
    done = deployed("deploy", "--fail-on-breaking", code=8)
    assert "input data[].zip is new and has to be sent" in done.stderr
    assert deployed("endpoints", "show", "toy", "-o", "json").json()["model"]["version"] == 1
    deployed("endpoints", "stop", "toy")
    deployed("deploy", "--fail-on-breaking", code=8)
    deployed("deploy")
    assert deployed("endpoints", "show", "toy", "-o", "json").json()["model"]["version"] == 2


def test_fail_on_breaking_lets_pass_what_is_new_or_alike(mlops: Mlops) -> None:
    toy.register(mlops)
    mlops("deploy", "--fail-on-breaking")
    toy.register(mlops, limit=60)
    assert mlops("deploy", "--fail-on-breaking", "-o", "json").json()["model"]["version"] == 2


def test_fail_on_breaking_does_not_guess_what_a_script_takes(deployed: Mlops) -> None:
    (deployed.project / "mine.py").write_text("def init(): pass\ndef run(data): return 1\n")
    done = deployed("deploy", "--entry-script", "mine.py", "--fail-on-breaking", code=2)
    assert "--diff toy OTHER" in done.stderr
