"""A copy of the code goes on to the next step when nobody has touched it, and only then."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_cli.engine.pipelines import child, layout, place, start
from mlops_cli.engine.pipelines.copies import Copies
from tests.pipelines.world import Project, until

LOOK = "import os, sys\nprint(os.stat('.').st_ino, sorted(os.listdir('.')))\n"
WRITE = LOOK + "open('mine', 'w').write('x')\n"
FORK = LOOK + "if os.fork() == 0: os._exit(0)\nos.wait()\n"
STEPS = 12


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "sub").mkdir(parents=True)
    (folder / "step.py").write_text("pass\n")
    (folder / "sub" / "data.txt").write_text("1\n")
    return folder


def _copied(code: Path) -> Path:
    return Path(shutil.copytree(code, code.with_name("s.1.work")))


def _taken(code: Path, folder: Path) -> str:
    copies = Copies()
    copies.offer(str(code), str(folder))
    return copies.take(str(code))


def test_an_untouched_copy_is_handed_on_once(code: Path) -> None:
    folder = _copied(code)
    copies = Copies()
    copies.offer(str(code), str(folder))
    assert copies.take(f"{code}2") == ""
    assert [copies.take(str(code)), copies.take(str(code))] == [str(folder), ""]


def test_what_python_has_compiled_does_not_matter(code: Path) -> None:
    folder = _copied(code)
    (folder / "sub" / "__pycache__").mkdir()
    (folder / "sub" / "__pycache__" / "m.pyc").touch()
    assert _taken(code, folder) == str(folder)


def _replace_by_link(folder: Path) -> None:
    (folder / "step.py").rename(folder.with_name("away"))
    (folder / "step.py").symlink_to(folder.with_name("away"))


def _replace_folder_by_link(folder: Path) -> None:
    (folder / "sub").rename(folder.with_name("away"))
    (folder / "sub").symlink_to(folder.with_name("away"))


TOUCHES: dict[str, Callable[[Path], object]] = {
    "another content": lambda folder: (folder / "step.py").write_text("exit\n"),
    "another length": lambda folder: (folder / "sub" / "data.txt").write_text(""),
    "another mode": lambda folder: (folder / "step.py").chmod(0o600),
    "one more file": lambda folder: (folder / "sub" / "more").touch(),
    "one more folder": lambda folder: (folder / "more").mkdir(),
    "a file less": lambda folder: (folder / "step.py").unlink(),
    "another name for a file": lambda folder: (folder.with_name("other")).hardlink_to(folder / "step.py"),
    "a link for a file": _replace_by_link,
    "a link for a folder": _replace_folder_by_link,
    "nothing": shutil.rmtree,
}


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_a_touched_copy_is_not(touch: Callable[[Path], object], code: Path) -> None:
    folder = _copied(code)
    touch(folder)
    assert _taken(code, folder) == ""


def test_nor_is_one_that_takes_long_to_look_at(code: Path) -> None:
    (code / "large").write_bytes(bytes(100_000))
    assert _taken(code, _copied(code)) == ""


@pytest.mark.parametrize("waited", [True, False])
def test_a_process_knows_whether_it_had_children(waited: bool) -> None:
    def ended(work: Callable[[], object]) -> int:
        pid = os.fork()
        if pid == 0:
            work()
            os._exit(child.had_no_children())
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def parent() -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        if waited:
            os.waitpid(pid, 0)

    assert (ended(int), ended(parent)) == (1, 0)


def _folders(project: Project, script: str) -> list[int]:
    """The inodes of the folders that the steps of a chain run in, each of which finds its code there alone."""
    project.write("code/look.py", script)
    waits = [f", after: [s{number - 1}]" if number else "" for number in range(STEPS)]
    lines = (f"- {{name: s{k}, type: script, script: code/look.py{w}, allow_reuse: false}}\n"
             for k, w in enumerate(waits))  # fmt: skip
    (project.folder / "code" / "count.py").unlink()
    project.pipeline("steps:\n" + "".join(lines))
    run_id = project.start("p.yaml")
    project.wait(run_id, "Completed")
    logs = [layout.step_log(project.home, run_id, f"s{number}").read_text() for number in range(STEPS)]
    assert {log.split(" ", 1)[1] for log in logs} == {"['look.py']\n"}
    return [int(log.split()[0]) for log in logs]


def test_steps_of_a_chain_run_in_few_folders(project: Project) -> None:
    assert len(set(_folders(project, LOOK))) < STEPS


@pytest.mark.parametrize("script", [WRITE, FORK])
def test_a_step_that_writes_or_has_children_keeps_its_own(script: str, project: Project) -> None:
    assert len(set(_folders(project, script))) == STEPS


@pytest.mark.parametrize(("size", "stays"), [(10, True), (100_000, False)])
def test_only_a_large_folder_is_removed_when_its_step_is_complete(
    size: int, stays: bool, project: Project
) -> None:
    project.write("code/fill.py", f"open('scratch', 'wb').write(bytes({size}))")
    project.pipeline("steps:\n- {name: fill, type: script, script: code/fill.py}\n")
    run_id = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    until(lambda: not start.is_worked_on(project.home, run_id))
    work = Path(place.work_of(layout.attempt(project.home, run_id, "fill", 1)))
    assert work.exists() is stays
    project.mlops("pipeline", "prune", "--keep", "0")
    assert not work.exists()


def test_a_copy_that_is_gone_is_made(code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = str(tmp_path / "s.2")
    task = {"attempt": attempt, "outputs": False, "code": str(code), "copy": str(tmp_path / "gone"),
            "folders": ["sub"], "files": ["step.py", "sub/data.txt"]}  # fmt: skip
    monkeypatch.chdir(tmp_path)
    place.furnish(task)
    assert _taken(code, Path(place.work_of(attempt))) == place.work_of(attempt)
