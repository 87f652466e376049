"""Runs of pipelines and their steps, as documents."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli.domain.pipeline_runs import Output, PipelineRun, StepRun
from mlops_cli.engine.store.database import Database
from mlops_cli.errors import NotFoundError
from mlops_cli.status import RunStatus

ENDED = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELED)
UNFINISHED = "SELECT document FROM pipeline_runs WHERE status NOT IN (?, ?, ?) ORDER BY created_at"


class Removal:
    """All runs and steps while nobody else writes, and their removal."""

    def __init__(self, connection: sqlite3.Connection, home: Path) -> None:
        self._connection = connection
        self._home = home

    def unfinished(self) -> list[PipelineRun]:
        return [_run(row) for row in self._connection.execute(UNFINISHED, ENDED)]

    def runs(self) -> list[PipelineRun]:
        """Newest first."""
        query = "SELECT document FROM pipeline_runs ORDER BY created_at DESC, rowid DESC"
        return [_run(row) for row in self._connection.execute(query)]

    def steps(self) -> list[StepRun]:
        rows = self._connection.execute("SELECT document FROM pipeline_steps")
        return [_step(row, self._home) for row in rows]

    def remove(self, run_id: str) -> None:
        for table in ("pipeline_steps", "pipeline_runs"):
            self._connection.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))  # noqa: S608


class PipelineRunTable:
    """Runs with what they were planned to do, and their steps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: PipelineRun, plan: bytes, steps: list[StepRun]) -> bool:
        """Add a run with its steps; False when there is one with its id."""
        statement = (
            "INSERT OR IGNORE INTO pipeline_runs (run_id, pipeline, status, created_at, document, plan)"
            " VALUES (?, ?, ?, ?, ?, ?)"
        )
        with self._database.write() as connection:
            values = (run.run_id, run.pipeline, run.status, run.created_at, msgspec.json.encode(run), plan)
            if connection.execute(statement, values).rowcount == 0:
                return False
            insert = (
                "INSERT INTO pipeline_steps (run_id, name, position, status, key, document)"
                " VALUES (?, ?, ?, ?, ?, ?)"
            )
            rows = (
                (step.run_id, step.name, position, step.status, step.key, self._document(step))
                for position, step in enumerate(steps)
            )
            connection.executemany(insert, rows)
        return True

    def update(self, run_id: str, change: Callable[[PipelineRun], None]) -> PipelineRun:
        """Apply `change` to the run in one transaction."""
        with self._database.write() as connection:
            run = self._find(connection, run_id)
            change(run)
            statement = "UPDATE pipeline_runs SET status = ?, document = ? WHERE run_id = ?"
            connection.execute(statement, (run.status, msgspec.json.encode(run), run_id))
            return run

    def put_steps(self, steps: Iterable[StepRun]) -> None:
        """Replace what is known of these steps, all at once."""
        statement = (
            "UPDATE pipeline_steps SET status = ?, key = ?, document = ? WHERE run_id = ? AND name = ?"
        )
        with self._database.write() as connection:
            connection.executemany(
                statement,
                ((step.status, step.key, self._document(step), step.run_id, step.name) for step in steps),
            )

    def get(self, run_id: str) -> PipelineRun:
        with self._database.read() as connection:
            return self._find(connection, run_id)

    def plan(self, run_id: str) -> bytes:
        with self._database.read() as connection:
            row = connection.execute("SELECT plan FROM pipeline_runs WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise _missing(run_id)
        return bytes(row[0])

    def status(self, run_id: str) -> RunStatus:
        with self._database.read() as connection:
            query = "SELECT status FROM pipeline_runs WHERE run_id = ?"
            return RunStatus(connection.execute(query, (run_id,)).fetchone()[0])

    def steps(self, run_id: str) -> list[StepRun]:
        """The steps in the order of the pipeline."""
        query = "SELECT document FROM pipeline_steps WHERE run_id = ? ORDER BY position"
        with self._database.read() as connection:
            return [_step(row, self._database.home) for row in connection.execute(query, (run_id,))]

    def all(self, *, pipeline: str | None = None, limit: int = 1000) -> list[PipelineRun]:
        """Runs, newest first."""
        query = (
            "SELECT document FROM pipeline_runs WHERE pipeline = coalesce(?, pipeline)"
            " ORDER BY created_at DESC, rowid DESC LIMIT ?"
        )
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(query, (pipeline, limit))]

    def unfinished(self) -> list[PipelineRun]:
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(UNFINISHED, ENDED)]

    @contextmanager
    def removal(self) -> Iterator[Removal]:
        with self._database.write() as connection:
            yield Removal(connection, self._database.home)

    def completed_with(self, key: str) -> list[StepRun]:
        """Steps that did the same work, the newest first."""
        query = (
            "SELECT document FROM pipeline_steps WHERE key = ? AND status = ? ORDER BY rowid DESC LIMIT 20"
        )
        with self._database.read() as connection:
            rows = connection.execute(query, (key, RunStatus.COMPLETED))
            return [_step(row, self._database.home) for row in rows]

    def _document(self, step: StepRun) -> bytes:
        """Its outputs are named from the state directory, which may be moved."""
        if not step.outputs:
            return msgspec.json.encode(step)
        home = f"{self._database.home}/"
        outputs = {name: Output(output.path.removeprefix(home), output.content_hash)
                   for name, output in step.outputs.items()}  # fmt: skip
        return msgspec.json.encode(msgspec.structs.replace(step, outputs=outputs))

    def _find(self, connection: sqlite3.Connection, run_id: str) -> PipelineRun:
        query = "SELECT document FROM pipeline_runs WHERE run_id = ?"
        row = connection.execute(query, (run_id,)).fetchone()
        if row is None:
            raise _missing(run_id)
        return _run(row)


def _run(row: tuple[Any]) -> PipelineRun:
    return msgspec.json.decode(row[0], type=PipelineRun)


def _step(row: tuple[Any], home: Path) -> StepRun:
    step = msgspec.json.decode(row[0], type=StepRun)
    for output in step.outputs.values():
        output.path = os.path.join(home, output.path)
    return step


def _missing(run_id: str) -> NotFoundError:
    return NotFoundError(f"no run '{run_id}' of a pipeline", hint="see: mlops pipeline runs")
