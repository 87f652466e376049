"""State without HTTP."""

import io
import threading

import pytest

from mlops_cli.emulator.state import State


@pytest.fixture
def state(tmp_path):
    found = State(tmp_path / "state")
    yield found
    found.close()


def test_documents_keep_their_order(state):
    things = state.collection("things")
    for key in ("b", "a", "c"):
        things.put(key, {"key": key})
    things.put("b", {"key": "b", "new": True})
    assert [d["key"] for d in things.all()] == ["b", "a", "c"]
    assert [d["key"] for d in things.all(newest_first=True)] == ["c", "a", "b"]
    assert things.get("b") == {"key": "b", "new": True}
    assert (things.get("x"), len(things), things.delete("x"), things.delete("a")) == (None, 3, False, True)


def test_collections_are_apart(state):
    state.collection("one").put("k", {"in": 1})
    assert state.collection("two").get("k") is None


def test_keys_under_a_prefix(state):
    things = state.collection("things")
    for key in ("a/1", "a/2", "ab/1", "a0"):
        things.put(key, {"key": key})
    assert [d["key"] for d in things.under("a/")] == ["a/1", "a/2"]


def test_transaction_is_all_or_nothing(state):
    things = state.collection("things")

    def half() -> None:
        with state.transaction():
            things.put("a", {})
            with state.transaction():
                things.put("b", {})
            raise RuntimeError("half")

    with pytest.raises(RuntimeError, match="half"):
        half()
    assert len(things) == 0


def test_changes_of_many_threads_are_all_kept(state):
    things = state.collection("things")
    things.put("n", {"n": 0})

    def add() -> None:
        for _ in range(50):
            things.change("n", lambda document: document.update(n=document["n"] + 1))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert things.get("n") == {"n": 400}


def test_blob_is_replaced_in_one_step_and_leaves_no_old_file(state):
    for content in (b"old", b"new"):
        blob = state.blobs.put("a", "c", "x", io.BytesIO(content), {"Content-Type": "t"})
    assert blob.path.read_bytes() == b"new"
    assert list(blob.path.parent.iterdir()) == [blob.path]
    assert state.blobs.delete("a", "c", "x") is True
    assert not blob.path.exists()


def test_sweep_removes_what_unfinished_uploads_left(state):
    blob = state.blobs.put("a", "c", "x", io.BytesIO(b"1"), {})
    state.blobs.put_block("a", "c", "y", "b1", io.BytesIO(b"2"))
    stray = blob.path.parent / "stray"
    stray.write_bytes(b"3")
    state.blobs.sweep()
    assert not stray.exists()
    assert blob.path.exists()
    assert state.blobs.commit("a", "c", "y", ["b1"], {}).path.read_bytes() == b"2"


def test_linked_file_stays_where_it_is_and_may_grow(state, tmp_path):
    file = tmp_path / "log.txt"
    file.write_text("one")
    state.blobs.link("a", "c", "log", file, {})
    file.write_text("one two")
    assert state.blobs.get("a", "c", "log").size == 7
    state.blobs.delete("a", "c", "log")
    assert file.exists()


def test_writing_into_a_blob_leaves_links_as_they_were(state, tmp_path):
    theirs, hard = tmp_path / "theirs", tmp_path / "hard"
    theirs.write_text("12345")
    linked = state.blobs.link("a", "c", "linked", theirs, {})
    own = state.blobs.put("a", "c", "own", io.BytesIO(b"12345"), {})
    hard.hardlink_to(own.path)
    for blob in (linked, own):
        written = state.blobs.resize(state.blobs.write(blob, 2, io.BytesIO(b"ab")), 4)
        assert state.blobs.get("a", "c", blob.name).path.read_bytes() == written.path.read_bytes() == b"12ab"
    assert (theirs.read_text(), hard.read_text()) == ("12345", "12345")


def test_state_is_there_after_closing(tmp_path):
    first = State(tmp_path / "s")
    first.collection("things").put("k", {"v": 1})
    first.close()
    again = State(tmp_path / "s")
    assert again.collection("things").get("k") == {"v": 1}
    again.close()
