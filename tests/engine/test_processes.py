"""Processes are known by id and start time, and ended kindly or by force."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_cli.engine.processes import ProcessId, identify, start_detached

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_a_running_process_is_alive_and_can_be_ended(sleeper: subprocess.Popen[bytes]) -> None:
    process = identify(sleeper.pid)
    assert process.is_alive()
    assert process.terminate()
    assert not process.is_alive()
    assert not process.terminate()


def test_a_reused_number_is_not_taken_for_the_process(sleeper: subprocess.Popen[bytes]) -> None:
    earlier = ProcessId(sleeper.pid, identify(sleeper.pid).started - 60)
    assert not earlier.is_alive()
    assert not earlier.terminate()
    assert sleeper.poll() is None


def test_one_that_will_not_go_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as stubborn:
        assert stubborn.stdout is not None
        assert stubborn.stdout.readline() == b"up\n"
        process = identify(stubborn.pid)
        assert process.terminate(timeout=0.1)
        assert not process.is_alive()


def test_a_detached_process_has_its_own_session_and_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "out.log"
    code = "import os; print(os.getsid(0) == os.getpid(), os.environ['GIVEN'], flush=True)"
    process = start_detached([sys.executable, "-c", code], log=log, env={"GIVEN": "value"})
    assert process._ends_within(20)
    assert log.read_text() == "True value\n"
