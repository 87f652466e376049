"""Whether somebody works on a run, as the lock says."""

from pathlib import Path

from mlops_cli.engine.files import locked
from mlops_cli.engine.holding import is_held


def test_who_looks_is_not_taken_for_who_holds(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert not is_held(lock)
    with locked(lock, wait=False, shared=True) as looking:
        assert looking
        assert not is_held(lock)
    with locked(lock, wait=False) as mine:
        assert mine
        assert is_held(lock)
    assert not is_held(lock)
