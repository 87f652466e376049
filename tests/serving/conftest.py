from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.harness import SCHEMA, Worker, start, write_service


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start a worker for an entry script; it is ended with the test."""
    workers: list[Worker] = []

    def go(*arguments: Any, on_orphaned: tuple[str, ...] = (), **spec: Any) -> Worker:
        folder = write_service(tmp_path / f"service{len(workers)}", *arguments, **spec)
        workers.append(start(folder, on_orphaned=on_orphaned))
        return workers[-1]

    yield go
    for worker in workers:
        worker.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One worker with a schema, key auth and small limits, for the whole module."""
    limits = {"head_bytes": 4_000, "headers": 20}
    folder = write_service(
        tmp_path_factory.mktemp("service"),
        schema=SCHEMA,
        max_body_bytes=20_000,
        limits=limits,
        cors_origins=["http://localhost:9000"],
        headers={"azureml-model-deployment": "v3"},
    )
    worker = start(folder)
    yield worker
    worker.close()
