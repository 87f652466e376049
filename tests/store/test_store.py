"""The store: versions, transactions, migrations, and what it says when it cannot work."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlops_cli import paths
from mlops_cli.domain.runs import Model, Run
from mlops_cli.engine.store import Store
from mlops_cli.engine.store.migrations import MIGRATIONS
from mlops_cli.errors import NotFoundError, StateError
from mlops_cli.status import RunStatus


def model(version: int, content: str = "a") -> Model:
    return Model("bank", version, content, "folder", "2026-01-01T00:00:00.000Z")


def run(run_id: str, key: str | None = None, status: RunStatus = RunStatus.RUNNING, **fields: object) -> Run:
    return Run(run_id, "exp", "automl", status, "2026-01-01T00:00:00.000Z", key=key, **fields)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_versions_count_from_one_and_the_latest_is_found(store: Store) -> None:
    store.models.add("bank", lambda version, _: model(version))
    store.models.add("bank", lambda version, _: model(version, "b"))
    assert store.models.get("bank").version == 2
    assert store.models.get("bank", 1).content_hash == "a"
    assert [m.version for m in store.models.all()] == [2, 1]


def test_nothing_is_added_when_make_declines(store: Store) -> None:
    store.models.add("bank", lambda version, _: model(version))
    kept = store.models.add("bank", lambda _, latest: None)
    assert kept.version == 1
    assert len(store.models.all()) == 1


def test_many_writers_at_once_make_one_version_each(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Store(store.home).models.add("bank", lambda v, _: model(v)), range(24)))
    assert [m.version for m in store.models.all()] == list(range(24, 0, -1))


def test_of_two_that_claim_the_same_work_one_starts_it(store: Store) -> None:
    def claim(number: int) -> str:
        return store.runs.claim("key", lambda found: None if found else run(f"r{number}", "key")).run_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(claim, range(8)))) == 1


def test_a_finished_run_is_not_claimed_again(store: Store) -> None:
    store.runs.put(run("old", "key", RunStatus.COMPLETED))
    assert store.runs.claim("key", lambda found: None if found else run("new", "key")).run_id == "new"


def test_children_keep_their_order_and_stay_out_of_the_list(store: Store) -> None:
    store.runs.put(run("parent"))
    for number in (2, 0, 1):
        store.runs.put(run(f"child{number}", parent_id="parent", iteration=number))
    store.runs.update("child0", lambda child: child.metrics.update(accuracy=1.0))
    assert [child.run_id for child in store.runs.children("parent")] == ["child2", "child0", "child1"]
    assert [found.run_id for found in store.runs.all()] == ["parent"]


def test_an_exception_rolls_the_transaction_back(store: Store) -> None:
    store.runs.put(run("one"))

    def change(found: Run) -> None:
        found.status = RunStatus.FAILED
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        store.runs.update("one", change)
    assert store.runs.get("one").status == RunStatus.RUNNING


def test_what_is_missing_is_named_with_what_there_is(store: Store) -> None:
    store.models.add("bank", lambda version, _: model(version))
    with pytest.raises(NotFoundError, match=r"no model 'bnak'; there is: bank"):
        store.models.get("bnak")
    with pytest.raises(NotFoundError, match=r"no model 'bank:7'"):
        store.models.get("bank", 7)


def test_a_newer_store_is_left_alone(store: Store) -> None:
    store.runs.put(run("one"))
    with sqlite3.connect(paths.store(store.home)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = paths.store(store.home).read_bytes()
    with pytest.raises(StateError, match="was written by a newer mlops") as caught:
        Store(store.home).runs.all()
    assert caught.value.hint is not None
    assert "upgrade mlops" in caught.value.hint
    assert paths.store(store.home).read_bytes() == before


def test_a_file_that_is_no_store_is_named(store: Store) -> None:
    paths.store(store.home).write_bytes(b"not a database" * 100)
    with pytest.raises(StateError, match="cannot be used"):
        store.runs.all()


def test_a_half_done_migration_is_done_again(store: Store) -> None:
    with sqlite3.connect(paths.store(store.home)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    store.runs.put(run("one"))
    assert store.runs.get("one").run_id == "one"
