"""Ctrl-C reaches a command wherever it falls."""

import subprocess
import sys

PROGRAM = """
import signal, threading
from mlops_cli.cli import interrupts

signal.signal(signal.SIGINT, signal.default_int_handler)
KEEP

class Resource:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

try:
    Resource()
    threading.Event().wait(WAIT)
    print("not heard")
except KeyboardInterrupt:
    print("heard")
"""


def said(keep: str, wait: str) -> str:
    program = PROGRAM.replace("KEEP", keep).replace("WAIT", wait)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_ctrl_c_in_a_destructor_is_heard_all_the_same() -> None:
    assert said("interrupts.keep()", "30") == "heard"


def test_without_that_it_is_lost() -> None:
    assert said("", "0") == "not heard"
