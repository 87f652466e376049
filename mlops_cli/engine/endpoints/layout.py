"""What an endpoint's directory holds beside the files of the service (`engine.serving.spec`).

    desired.json      Desired; written by commands, followed by the supervisor
    supervisor.json   Status; written by the supervisor
    supervisor.lock   held by the supervisor as long as it lives
    revisions/N/      model, entry script and schema of one deployment

The command that changes the endpoint holds `.NAME.lock` beside the directory.
"""

from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from mlops_cli.engine.files import write_atomic
from mlops_cli.engine.processes import ProcessId
from mlops_cli.engine.serving.spec import StartupFailure

T = TypeVar("T")
WorkerState = Literal["starting", "ready", "restarting", "failed"]


class Desired(Struct):
    """What should run: `generation` is the number of a revision. No number up to `highest` is used again."""

    generation: int
    workers: int
    port: int
    highest: int = 0


class WorkerStatus(Struct, omit_defaults=True):
    """One slot; `generation` is that of its process."""

    state: WorkerState
    generation: int = 0
    process: ProcessId | None = None
    restarts: int = 0


class Status(Struct, omit_defaults=True):
    """What runs. `failure` is why the latest worker did not start; `given_up`: it will not be tried again."""

    supervisor: ProcessId
    generation: int
    port: int
    workers: list[WorkerStatus]
    given_up: bool = False
    failure: StartupFailure | None = None

    def serves(self, revision: int) -> bool:
        """Whether every slot has a worker of `revision` that serves."""
        return all(worker.state == "ready" and worker.generation == revision for worker in self.workers)

    def serving(self) -> int:
        """How many slots have a worker that serves."""
        return sum(worker.state == "ready" for worker in self.workers)


def desired_file(service: Path) -> Path:
    return service / "desired.json"


def status_file(service: Path) -> Path:
    return service / "supervisor.json"


def supervisor_lock(service: Path) -> Path:
    return service / "supervisor.lock"


def output_file(service: Path) -> Path:
    """What the supervisor itself writes to stdout and stderr: nothing, unless it breaks."""
    return service / "supervisor.out"


def deploy_lock(service: Path) -> Path:
    return service.with_name(f".{service.name}.lock")


def revision_dir(service: Path, number: int) -> Path:
    return service / "revisions" / str(number)


def read_desired(service: Path) -> Desired | None:
    return _read(desired_file(service), Desired)


def write_desired(service: Path, desired: Desired) -> None:
    write_atomic(desired_file(service), msgspec.json.encode(desired))


def read_status(service: Path) -> Status | None:
    return _read(status_file(service), Status)


def write_status(service: Path, status: Status) -> None:
    write_atomic(status_file(service), msgspec.json.encode(status))


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
