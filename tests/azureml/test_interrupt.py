"""Ctrl-C and deployments cut short, with real processes: what was begun goes on and is taken up again."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import IO

import pytest

from tests.azureml.conftest import Commands

ENTRY = """def init():
    pass


def run(data):
    if "bad" in data:
        raise ValueError("no")
    return 1
"""
TRAIN = ("train", "--new", "--set", "train.max_trials=8",
         "--set", "data.path=bank.csv", "--set", "model.name=interrupted")  # fmt: skip
OPERATIONS = "/modelmanagement/.*/operations/"
SECONDS = 90

Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin(bank: Commands) -> Iterator[Begin]:
    """Start a command line as a real process; all are ended by their id."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        command = [bank.python, "-m", "mlops_cli", "--profile", bank.profile, *words]
        process = subprocess.Popen(
            command, env=bank.environ, cwd=bank.project, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(stream: "IO[str] | None", words: str) -> str:
    """The first line with the words. Fails when the stream ends before."""
    assert stream is not None
    read = []
    for line in stream:
        read.append(line)
        if words in line:
            return line
    raise AssertionError("".join(read))


def interrupted(process: "subprocess.Popen[str]") -> str:
    """Send a real Ctrl-C; what the process said after it."""
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    return err


def test_ctrl_c_while_training_leaves_the_run_going(bank, begin):
    process = begin(*TRAIN)
    run = read_until(process.stderr, "run AutoML_").split()[1]
    said = interrupted(process)
    assert f"no longer waiting; run {run} goes on" in said
    assert f"mlops --profile {bank.profile} runs cancel {run}" in said
    again = begin(*(word for word in TRAIN if word != "--new"))
    assert run in read_until(again.stderr, "following the unfinished run")
    out, err = again.communicate(timeout=SECONDS)
    assert again.returncode == 0, err
    assert f"run {run}: Completed" in out
    assert "model interrupted:1" in out


def wait_for_service(bank: Commands, name: str) -> None:
    deadline = time.monotonic() + SECONDS
    while bank.run(f"endpoints show {name}")[0].code != 0:
        assert time.monotonic() < deadline, f"{name} has not come"


def test_ctrl_c_while_deploying_leaves_azure_at_work(bank, begin, azureml_emulator):
    (bank.project / "entry.py").write_text(ENTRY)
    (bank.project / "sample.json").write_text("[1]")
    words = ("deploy", "cut-short", "--entry-script", "entry.py", "--sample", "sample.json")
    azureml_emulator.add_fault(action="delay", match=OPERATIONS, seconds=60)
    process = begin(*words)
    wait_for_service(bank, "cut-short")
    said = interrupted(process)
    azureml_emulator.clear_faults()
    assert "Azure goes on with the deployment of cut-short" in said
    assert f"mlops --profile {bank.profile} endpoints show cut-short" in said
    again = bank(" ".join(words))
    assert "one row was scored" in again.stderr
    assert again.stdout.startswith("unchanged")
    bank.json("endpoints delete cut-short --yes")


def test_a_deployment_that_was_never_tried_is_tried_before_it_counts_as_unchanged(bank):
    (bank.project / "entry.py").write_text(ENTRY)
    (bank.project / "good.json").write_text("[1]")
    (bank.project / "bad.json").write_text('["bad"]')
    deploy = "deploy untried --entry-script entry.py"
    made, tried, failed = bank.run(
        f"{deploy} -o json", f"{deploy} --sample good.json", f"{deploy} --sample bad.json -o json"
    )
    assert made.json()["changed"]
    assert tried.stdout.startswith("unchanged")
    assert "smoke" in tried.stderr
    assert failed.code == 5
    assert "one row was not scored" in failed.json()["error"]["message"]
    assert any("entry.py:7 in run" in line for line in failed.json()["error"]["details"])
    [planned] = bank.json(f"{deploy} --dry-run")
    assert planned["action"] == "update"
    bank.json("endpoints delete untried --yes")
