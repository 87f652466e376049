"""Processes forked ahead of need."""

import subprocess
import sys

EVERYBODY_DIES = """
import psutil
from mlops_cli.engine.pipelines.nursery import Nursery, NurseryLostError

nursery = Nursery()
process, = psutil.Process().children()
process.suspend()
spares = process.children()
process.kill()
for spare in spares:
    spare.kill()
psutil.wait_procs([process, *spares])
for _ in range(20):
    try:
        nursery.launch({})
    except NurseryLostError:
        print("lost")
        break
"""


def test_nobody_waits_for_a_nursery_of_which_nothing_is_left() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVERYBODY_DIES], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("lost\n", 0), done.stderr
