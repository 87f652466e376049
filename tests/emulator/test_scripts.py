"""Submitted scripts really run (one program, six runs: it earns its seconds)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_cli.emulator.azure.execution import folder
from mlops_cli.emulator.azure.execution.folder import RunFolder


def test_script_runs_with_its_inputs_and_outputs(program):
    found = program("scripts")
    assert found["status"] == "Completed"
    said = [line for line in found["lines"] if line.startswith(("folder", "one", "table", "answer"))]
    assert said == ["folder ['a.csv', 'b.csv']", "one a.csv", "table (3, 1)", "answer 42 mine scripts"]
    assert found["result"] == ["/o.txt"]
    assert "outputs/model.txt" in found["files"]


def test_metrics_are_kept_though_the_script_does_not_wait_for_them(program):
    found = program("scripts")
    assert found["losses"] == list(range(30))
    assert found["tags"] == {"q": "z", "from": "child"}


def test_failing_script_shows_its_own_frames(program):
    found = program("scripts")
    assert found["failed"].startswith("ActivityFailedException")
    assert found["message"] == "User program failed with ValueError: boom"
    assert 'train.py", line 9' in found["traceback"]
    assert "run_script" not in found["traceback"]


def test_exit_code_is_the_outcome(program):
    found = program("scripts")
    assert found["left"].startswith("ActivityFailedException")
    assert found["code"] == "User program failed with SystemExit: 3"


def test_cancelled_script_is_ended(program):
    assert program("scripts")["canceled"] == "Canceled"


def test_command(program):
    status, log, metrics = program("scripts")["command"]
    assert status == "Completed"
    assert log.splitlines()[0] == "said"
    assert "train.py" in log
    assert metrics == {"last": 3}, (
        "the SDK sends metrics in the background: all are kept when the script ends"
    )


def test_script_on_the_clients_own_machine(program):
    assert program("scripts")["local"] == ["Completed", 30, True]


def test_unknown_target_is_refused_at_once(program):
    assert "Unknown compute target 'nowhere'" in program("scripts")["no_target"]


def test_runner_that_has_made_its_lock_and_not_yet_taken_it_is_waited_for(tmp_path):
    folder = RunFolder(tmp_path)
    folder.create({}, {})
    (tmp_path / "lock").touch()
    assert folder.is_worked_on()
    (tmp_path / "lock").write_text("1")
    assert not folder.is_worked_on()


@pytest.mark.parametrize(
    ("end", "code", "said"), [("(1, 'x')", 1, "(1, 'x')\n"), ("None", 0, ""), ("'no rows'", 1, "no rows\n")]
)
def test_what_a_script_leaves_with_is_said_as_python_says_it(end, code, said, tmp_path):
    (tmp_path / "train.py").write_text(f"import sys; sys.exit({end})")
    empty = {key: [] for key in ("inputs", "references", "outputs", "arguments")}
    (tmp_path / "plan.json").write_text(json.dumps({"command": None, "script": "train.py", **empty}))
    command = [sys.executable, str(Path(folder.__file__).with_name("run_script.py")), "plan.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)
