"""Scripts are programs like any others, however they end."""

import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.pipelines.world import Project, until


def test_scripts_are_ordinary_programs(project: Project) -> None:
    """Modules beside the script, the root logger, classes in __main__, exit handlers, variables."""
    project.write("code/helper.py", "VALUE = 7")
    project.write(
        "code/program.py",
        """
        import atexit, logging, os, pickle, sys
        from helper import VALUE
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
        class Thing: pass
        if __name__ == "__main__":
            logging.info("value %d", VALUE)
            assert type(pickle.loads(pickle.dumps(Thing()))) is Thing
            print(os.environ["MODE"], os.path.exists("helper.py"), sys.stdin.read() == "")
            atexit.register(lambda: print("bye"))
        """,
    )
    step = "{name: s, type: script, script: code/program.py, environment: {variables: {MODE: fast}}}"
    project.pipeline(f"steps: [{step}]")
    run_id = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    lines = ["value 7", "fast True True", "bye"]
    assert project.mlops("pipeline", "logs", run_id, "s", "-o", "json").json() == lines

    project.pipeline(f"steps: [{step.replace('MODE: fast', 'MODE: fast, PYTHONHASHSEED: 0')}]")
    run_id = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    assert project.mlops("pipeline", "logs", run_id, "s", "-o", "json").json() == lines


def test_a_script_is_compiled_as_if_from_where_it_runs(project: Project) -> None:
    """By the runner, once for all steps; its functions know the step's own copy as their file."""
    project.write(
        "code/where.py",
        """
        import inspect, os
        class Outer:
            def method(self): return [lambda: 1]
        (inner,) = Outer().method()
        files = {code.co_filename for code in (Outer.method.__code__, inner.__code__, inspect.currentframe().f_code)}
        print(files == {__file__}, os.path.dirname(__file__) == os.getcwd(), "lambda: 1" in inspect.getsource(inner))
        raise ValueError(Outer().method()[0]())
        """,
    )
    project.pipeline("steps: [{name: s, type: script, script: code/where.py}]")
    run_id = project.start("p.yaml")
    failed = project.wait(run_id, "Failed")
    logs = project.mlops("pipeline", "logs", run_id, "s", "-o", "json").json()
    assert logs[0] == "True True True"
    assert 'File "where.py", line 8, in <module>' in "".join(logs)
    assert failed["steps"][0]["error"] == "ValueError: 1"


def test_a_warning_of_the_compiler_stands_in_the_log_of_the_step(project: Project) -> None:
    project.write("code/warns.py", "print(1 is 1)")
    project.pipeline("steps: [{name: s, type: script, script: code/warns.py}]")
    run_id = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    logs = project.mlops("pipeline", "logs", run_id, "s", "-o", "json").json()
    assert 'SyntaxWarning: "is" with a literal' in "".join(logs)
    assert logs[-1] == "True"


def test_a_script_that_closes_every_descriptor_completes(project: Project) -> None:
    project.write("code/daemon.py", "import os; os.closerange(3, 256)")
    project.pipeline("steps: [{name: s, type: script, script: code/daemon.py}]")
    assert project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["status"] == "Completed"


def test_an_interpreter_of_its_own_may_end_kindly(project: Project) -> None:
    mark = project.marks / "said"
    project.write(
        "code/kind.py",
        f"""
        import signal, sys, time
        def leave(*_):
            open("{mark}", "a").write("bye")
            sys.exit(1)
        signal.signal(signal.SIGTERM, leave)
        open("{mark}", "w").write("hi ")
        time.sleep(60)
        """,
    )
    environment = f"{{python: {sys.executable}}}"
    project.pipeline(f"steps: [{{name: s, type: script, script: code/kind.py, environment: {environment}}}]")
    run_id = project.start("p.yaml")
    until(lambda: mark.exists() and mark.read_text() == "hi ")
    project.mlops("pipeline", "cancel", run_id)
    project.wait(run_id, "Canceled")
    assert mark.read_text() == "hi bye"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("raise SystemExit(256)", None),
        ("raise SystemExit(-1)", "step s failed: the script ended with exit code 255"),
        ("raise SystemExit(True)", "step s failed: the script ended with exit code 1"),
        ("import os; os._exit(0)", None),
        ("import os; os._exit(3)", "step s failed: the script ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "step s failed: its process was ended by SIGKILL"),
        ("import os; os.kill(os.getpid(), 40)", "step s failed: its process was ended by SIGRTMIN+6"),
    ],
)
def test_scripts_that_end_at_once(script: str, error: str | None, project: Project) -> None:
    project.write("code/ends.py", script)
    project.pipeline("steps: [{name: s, type: script, script: code/ends.py}]")
    ended = project.mlops("pipeline", "run", "p.yaml", code=5 if error else 0)
    assert error is None or error in ended.stderr


def test_a_child_that_comes_to_the_end_of_the_script_is_not_the_step(project: Project) -> None:
    project.write(
        "code/forks.py",
        """
        import os, sys
        read, write = os.pipe()
        if os.fork():
            os.close(write)
            assert os.read(read, 1) == b""  # the child is gone
            open(sys.argv[1], "w").write("parent")
        else:
            print("child")
        """,
    )
    step = "{name: s, type: script, script: code/forks.py, arguments: [$(outputs.o)], outputs: [o]}"
    project.pipeline(f"steps: [{step}]")
    done = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    assert Path(done["steps"][0]["outputs"]["o"]).read_text() == "parent"


@pytest.mark.parametrize("own", ["", ", environment: {variables: {PYTHONHASHSEED: '0'}}"])
def test_a_link_to_the_folder_that_it_lies_in_is_not_followed(own: str, project: Project) -> None:
    project.write("code/sub/count.py", "import os; print(sorted(os.listdir()), os.path.exists('sub/loop'))")
    (project.folder / "code" / "sub" / "loop").symlink_to("..")
    step = f"{{name: s, type: script, source_directory: code, script: sub/count.py{own}}}"
    project.pipeline(f"steps: [{step}]")
    run_id = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    logs = project.mlops("pipeline", "logs", run_id, "s", "-o", "json").json()
    assert logs == ["['count.py', 'sub'] False"]


ENDINGS = {
    "import sys; sys.exit('')": "the script ended with exit code 1",
    "import sys; sys.exit(True)": "the script ended with exit code 1",
    "import sys; sys.exit(-1)": "the script ended with exit code 255",
    "import sys; sys.exit('no rows')": "no rows",
    "assert 1 > 2": "AssertionError",
    "class Mute(Exception):\n    def __str__(self): raise OSError\nraise Mute": "Mute",
}


@pytest.mark.parametrize("script", ENDINGS)
def test_why_a_script_has_failed_is_said_in_its_own_words_or_at_all(script: str, project: Project) -> None:
    project.write("code/ends.py", script)
    project.pipeline("steps: [{name: s, type: script, script: code/ends.py}]")
    failed = project.wait(project.start("p.yaml"), "Failed")
    assert failed["steps"][0]["error"] == ENDINGS[script]


def test_a_long_log_is_shown_as_it_is_read(project: Project) -> None:
    """Whoever reads the first lines only waits for no more, and none of it is broken at the terminal's width."""
    project.write("code/long.py", "for n in range(200_000): print(f'{n:0100}')")
    project.pipeline("steps: [{name: s, type: script, script: code/long.py}]")
    run_id = project.start("p.yaml")
    project.wait(run_id, "Completed")
    command = [sys.executable, "-m", "mlops_cli", "pipeline", "logs", run_id, "s"]
    environment = os.environ | {"MLOPS_HOME": str(project.home)}
    with subprocess.Popen(
        command, cwd=project.folder, env=environment, stdout=PIPE, stderr=PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == f"{0:0100}\n"
        reader.stdout.close()
        assert reader.stderr is not None
        assert (reader.stderr.read(), reader.wait()) == ("", 0)
