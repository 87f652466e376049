"""Where the files of pipelines live below the state directory.

HOME/pipelines/
  code/HASH/                       a snapshot of a step's source directory, once per content
  runs/RUN_ID/
    runner.lock  runner.log        held (with its id) and written by the process that works on the run
    steps/STEP.log                 what all attempts of the step printed
    steps/attempts                 what attempts write down: their process ids, and their results
    steps/STEP.N.work/             where attempt N runs, held while it lives: a copy of the code
    steps/STEP.N.outputs/          what it writes there
    steps/STEP.N/                  what the processes of an AutoML or batch step share
    steps/STEP.mini-batches/       what came of each, for all attempts of a batch step
    outputs/STEP/                  what the step left behind, moved here in one piece
  server/                          address, tokens (0600) and log of the pipeline server
"""

from functools import lru_cache
from pathlib import Path

MOST_KNOWN = 64


def pipelines_dir(home: Path) -> Path:
    return home / "pipelines"


@lru_cache(MOST_KNOWN)
def code_dir(home: Path, content_hash: str) -> Path:
    return pipelines_dir(home) / "code" / content_hash[:32]


@lru_cache(MOST_KNOWN)
def run_dir(home: Path, run_id: str) -> Path:
    return pipelines_dir(home) / "runs" / run_id


def runner_lock(home: Path, run_id: str) -> Path:
    return run_dir(home, run_id) / "runner.lock"


def runner_log(home: Path, run_id: str) -> Path:
    return run_dir(home, run_id) / "runner.log"


def step_log(home: Path, run_id: str, step: str) -> str:
    return f"{run_dir(home, run_id)}/steps/{step}.log"


def attempt(home: Path, run_id: str, step: str, number: int) -> str:
    """What the names of an attempt's files begin with: see `place`."""
    return f"{run_dir(home, run_id)}/steps/{step}.{number}"


def mini_batches_dir(home: Path, run_id: str, step: str) -> Path:
    return run_dir(home, run_id) / "steps" / f"{step}.mini-batches"


def outputs_dir(home: Path, run_id: str, step: str) -> Path:
    return run_dir(home, run_id) / "outputs" / step


def server_dir(home: Path) -> Path:
    return pipelines_dir(home) / "server"


def server_log(home: Path) -> Path:
    return server_dir(home) / "server.log"
