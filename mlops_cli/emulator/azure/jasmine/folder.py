"""The folder of an AutoML run: what its process is told by it, and tells through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mlops_cli.emulator.state import Document
from mlops_cli.engine.files import locked, write_atomic
from mlops_cli.engine.processes import ProcessId, start_detached

MOST_STARTS = 3


class AutoMLFolder:
    """`job.json` ({settings, table, run_id}) goes in; these come out, each written in one step:

    setup.json       {guardrails}, once the table is read
    trials/N.json    {trial, ended} as trial N ends
    children/N/      what becomes the artifacts of child run N
    parent/          what becomes those of the run itself
    result.json      {status, ended, best, error, notes, explanations}, at the very end

    The worker holds `lock` for its life. A file `cancel` asks it to stop.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.search = path / "search"
        self.data = path / "data"
        self.own = path / "parent"
        self.log = path / "std_log.txt"
        self.lock = path / "lock"
        self.wish = path / "cancel"

    def create(self, job: Document) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        self.write("job", job)

    def reopen(self, job: Document) -> None:
        """Let what is over go on with another job."""
        for name in ("result.json", "explanations.json", "worker.json", self.wish.name):
            (self.path / name).unlink(missing_ok=True)
        self.write("job", job)

    def write(self, name: str, document: Document) -> None:
        write_atomic(self.path / f"{name}.json", msgspec.json.encode(document))

    def read(self, name: str) -> Document | None:
        try:
            document: Document = msgspec.json.decode((self.path / f"{name}.json").read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return document

    def trials(self, first: int) -> list[Document]:
        """The trials that have ended, from number `first` on."""
        found: list[Document] = []
        while trial := self.read(f"trials/{first + len(found)}"):
            found.append(trial)
        return found

    def ensembles(self) -> int:
        """How many of the trials that have ended only mix others."""
        return sum("members" in told["trial"]["parameters"] for told in self.trials(0))

    def child(self, number: int) -> Path:
        return self.path / "children" / str(number)

    def is_worked_on(self) -> bool:
        """Whether a worker lives, or has just ended its work."""
        with locked(self.lock, wait=False) as free:
            if not free or self.read("result"):
                return True
        started = self.read("worker")
        return started is not None and msgspec.convert(started["process"], ProcessId).is_alive()

    def kill(self) -> None:
        """End the worker by force."""
        if started := self.read("worker"):
            msgspec.convert(started["process"], ProcessId).terminate(timeout=1)

    def start(self, command: Sequence[str], env: Mapping[str, str]) -> bool:
        """Start a worker; False when too many have died already. A second one at a time ends by itself."""
        starts = (self.read("worker") or {"starts": 0})["starts"] + 1
        if starts > MOST_STARTS:
            return False
        process = start_detached(command, log=self.log, env=env)
        self.write("worker", {"process": msgspec.to_builtins(process), "starts": starts})
        return True
