"""Versions by content, stored once, whatever happens at the same time."""

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_cli import paths
from mlops_cli.engine.data.reading import read_dataset
from mlops_cli.engine.data.registering import register
from mlops_cli.engine.store import Store
from mlops_cli.errors import DataError, NotFoundError, StateError, UsageError

TEXT = "a,y\n1,no\n2,yes\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bank.csv"
    path.write_text(TEXT)
    return path


def stored(store: Store) -> list[str]:
    folder = store.home / "datasets"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_becomes_version_one(store: Store, file: Path) -> None:
    dataset, changed = register(store, file, "bank", label="y", tags={"from": "us"})
    assert changed
    assert (dataset.name, dataset.version, dataset.file_name) == ("bank", 1, "bank.csv")
    assert (dataset.format, dataset.encoding, dataset.delimiter) == ("csv", "utf-8", ",")
    assert (dataset.size_bytes, dataset.tags) == (len(TEXT), {"from": "us"})
    assert dataset.profile.balance == {"no": 1, "yes": 1}
    assert store.datasets.get("bank") == dataset


def test_the_bytes_are_kept(store: Store, file: Path) -> None:
    dataset, _ = register(store, file, "bank")
    file.unlink()
    kept = paths.dataset_file(store.home, dataset.content_hash, dataset.format)
    assert kept.read_text() == TEXT
    assert read_dataset(store.home, dataset)["a"].tolist() == [1, 2]


def test_the_same_content_is_unchanged(store: Store, file: Path, tmp_path: Path) -> None:
    register(store, file, "bank", label="y")
    copy = tmp_path / "copy.csv"
    copy.write_text(TEXT)
    for label in ("y", None):
        dataset, changed = register(store, copy, "bank", label=label)
        assert (dataset.version, dataset.file_name, changed) == (1, "bank.csv", False)
    assert len(store.datasets.all()) == 1


def test_new_content_or_another_label_is_the_next_version(store: Store, file: Path) -> None:
    register(store, file, "bank", label="y")
    assert register(store, file, "bank", label="a")[0].version == 2
    file.write_text(TEXT + "3,no\n")
    third, changed = register(store, file, "bank", label="a")
    assert (third.version, third.profile.rows, changed) == (3, 3, True)
    assert store.datasets.get("bank", 1).profile.rows == 2


def test_another_reading_of_the_same_bytes_is_another_version(store: Store, file: Path) -> None:
    register(store, file, "bank")
    semicolons, changed = register(store, file, "bank", delimiter=";")
    assert changed
    assert [column.name for column in semicolons.profile.columns] == ["a,y"]
    assert read_dataset(store.home, semicolons).columns.tolist() == ["a,y"]


def test_equal_content_under_two_names_is_stored_once(store: Store, file: Path) -> None:
    first, _ = register(store, file, "one")
    register(store, file, "two")
    assert stored(store) == [f"{first.content_hash[:16]}/data.csv"]


def test_a_lost_file_comes_back(store: Store, file: Path) -> None:
    dataset, _ = register(store, file, "bank")
    kept = paths.dataset_file(store.home, dataset.content_hash, dataset.format)
    kept.unlink()
    with pytest.raises(NotFoundError, match="no such file"):
        read_dataset(store.home, dataset)
    assert register(store, file, "bank")[1] is False
    assert kept.read_text() == TEXT


def test_a_preview_keeps_nothing(store: Store, file: Path) -> None:
    dataset, changed = register(store, file, "bank", label="y", keep=False)
    assert (dataset.version, changed) == (1, True)
    assert store.datasets.all() == []
    assert not (store.home / "datasets").exists()


def test_a_label_that_does_not_exist(store: Store, file: Path) -> None:
    with pytest.raises(DataError, match="has no column 'Y' to be the label") as caught:
        register(store, file, "bank", label="Y")
    assert caught.value.hint == "did you mean 'y'?"
    with pytest.raises(DataError) as caught:
        register(store, file, "bank", label="target")
    assert caught.value.hint == "its columns: a, y"
    assert store.datasets.all() == []


@pytest.mark.parametrize("name", ["", "a:1", "../up", "a b", "x" * 101])
def test_names_that_cannot_be(store: Store, file: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        register(store, file, name)


def test_a_read_only_state_directory(store: Store, file: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    store.home.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(StateError):
        register(store, file, "bank")


def test_a_file_where_the_folder_should_be(store: Store, file: Path) -> None:
    store.home.mkdir()
    (store.home / "datasets").write_text("in the way")
    with pytest.raises(StateError, match="Not a directory"):
        register(store, file, "bank")
    assert store.datasets.all() == []


def test_a_disk_that_takes_no_more(store: Store, tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    big.write_text("a\n" + "12345\n" * 50_000)
    store.datasets.all()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(StateError, match="File too large"):
            register(store, big, "big")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert stored(store) == []
    assert store.datasets.all() == []
    assert register(store, big, "big")[1] is True


def test_four_commands_at_once_make_one_version(store: Store, file: Path) -> None:
    """Real processes, because only they race for the lock of the file."""
    code = (
        "import sys; from pathlib import Path\n"
        "from mlops_cli.engine.data.registering import register\n"
        "from mlops_cli.engine.store import Store\n"
        "print(register(Store(Path(sys.argv[1])), Path(sys.argv[2]), 'bank')[1])"
    )
    command = [sys.executable, "-c", code, str(store.home), str(file)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    assert sorted(said) == ["False", "False", "False", "True"]
    assert [dataset.version for dataset in store.datasets.all()] == [1]
    assert len(stored(store)) == 1
