"""What a step that does nothing costs, beside Prefect and Metaflow, and how fast a trigger starts a step.

The peers are installed into environments of their own below a temporary folder; one that cannot be is left out.
A step is a process here and in Metaflow. In Prefect it is a call (chain) or a thread (parallel) of the flow's
own process, which no process can be as cheap as: that of a bare fork of this interpreter is printed too.
Overhead per step: the time of a run of 100 steps / 100, the best of the rounds. Prefect's is taken inside a
process whose server and libraries are there already. So is the first of ours, from the call that starts the run
on a runner that waits, as the pipeline server keeps one; the second ("cold") starts its runner first, as
`pipeline run` does, and Metaflow's begins with its command.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from benchmarks import bytecode
from mlops_cli.domain.pipeline_runs import SubmitRequest
from mlops_cli.domain.pipelines import PipelineDefinition
from mlops_cli.engine.pipelines import start, waiting
from mlops_cli.engine.store import Store

STEPS, ROUNDS, PEER_SECONDS = 100, 5, 1200
READY_SECONDS = 1.0
LOOK_SECONDS = 0.002
"""Looking costs a core that the steps could use."""
PREFECT = """
import sys, time
from prefect import flow, task
@task
def nothing(): return None
@flow
def chain(count):
    for _ in range(count): nothing()
@flow
def parallel(count):
    for future in [nothing.submit() for _ in range(count)]: future.result()
run = chain if sys.argv[1] == "chain" else parallel
run(1)
def timed(count):
    began = time.perf_counter(); run(count); return time.perf_counter() - began
print(min(timed(COUNT) for _ in range(3)) / COUNT)
"""
METAFLOW_CHAIN = """
from metaflow import FlowSpec, step
class Chain(FlowSpec):
    @step
    def start(self): self.next(self.{first})
{steps}
    @step
    def end(self): pass
if __name__ == "__main__": Chain()
"""
METAFLOW_PARALLEL = """
from metaflow import FlowSpec, step
class Parallel(FlowSpec):
    @step
    def start(self):
        self.items = list(range({count}))
        self.next(self.one, foreach="items")
    @step
    def one(self): self.next(self.join)
    @step
    def join(self, inputs): self.next(self.end)
    @step
    def end(self): pass
if __name__ == "__main__": Parallel()
"""


def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        bytecode.keep()
        rows: list[tuple[str, str, float | str]] = []
        for shape in ("chain", "parallel"):
            rows.append(("mlops", shape, _mlops(place, shape)))
            rows.append(("mlops, cold", shape, _mlops(place, shape, cold=True)))
            for name, peer in (("Prefect", _prefect), ("Metaflow", _metaflow)):
                rows.append((name, shape, _or_reason(peer, place, shape)))
        _print(rows)
        print(f"\na bare fork and exit: {_fork() * 1000:.1f} ms")
        print(f"\nHTTP trigger to first step running: {_trigger(place) * 1000:.0f} ms (median of 5)")


def _print(rows: list[tuple[str, str, float | str]]) -> None:
    print(
        f"{'engine':<12} {'100 steps':<10} {'ms a step':>10}   (target: at most a tenth of the better peer)"
    )
    for name, shape, cost in rows:
        shown = f"{cost * 1000:>10.2f}" if isinstance(cost, float) else f"left out: {cost}"
        print(f"{name:<12} {shape:<10} {shown}")
    for shape in ("chain", "parallel"):
        costs = {name: cost for name, kind, cost in rows if kind == shape and isinstance(cost, float)}
        peers = [cost for name, cost in costs.items() if not name.startswith("mlops")]
        if peers:
            print(f"{shape}: {costs['mlops'] / min(peers):.3f} of the better peer")


def _mlops(place: Path, shape: str, *, cold: bool = False) -> float:
    def run(count: int) -> float:
        after = [[f"s{number - 1}"] if shape == "chain" and number else [] for number in range(count)]
        steps = [
            {
                "name": f"s{number}",
                "type": "script",
                "script": "code/nothing.py",
                "after": waits,
                "allow_reuse": False,
            }
            for number, waits in enumerate(after)
        ]
        store, definition = _project(place, steps)
        watching = Store(store.home, kept=True)
        reserve = waiting.Reserve()
        if not cold:
            reserve.fill(store.home)
            time.sleep(READY_SECONDS)
        began = time.perf_counter()
        launch = None if cold else reserve.start
        run_id = start.submit(store, definition, SubmitRequest(), launch=launch).run_id
        while not (status := watching.pipeline_runs.status(run_id)).is_final:
            time.sleep(LOOK_SECONDS)
        assert status == "Completed"
        return time.perf_counter() - began

    return min(run(STEPS) for _ in range(ROUNDS)) / STEPS


def _project(place: Path, steps: list[dict]) -> tuple[Store, PipelineDefinition]:
    (place / "code").mkdir(exist_ok=True)
    (place / "code" / "nothing.py").write_text("pass\n")
    return Store(place / "home"), PipelineDefinition(
        "nothing", {"name": "nothing", "steps": steps}, str(place)
    )


def _fork() -> float:
    began = time.perf_counter()
    for _ in range(STEPS):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    return (time.perf_counter() - began) / STEPS


def _or_reason(peer: Callable[[Path, str], float], place: Path, shape: str) -> float | str:
    try:
        return peer(place, shape)
    except (subprocess.SubprocessError, OSError) as error:
        output = getattr(error, "stderr", None) or str(error)
        return str(output).strip().splitlines()[-1][:100]


def _prefect(place: Path, shape: str) -> float:
    # The newest FastAPI refuses an argument that Prefect's server still gives.
    python = _environment(place, "prefect", "fastapi<0.150")
    script = place / "prefect_flow.py"
    script.write_text(PREFECT.replace("COUNT", str(STEPS)))
    settings = {
        "PREFECT_HOME": str(place / "prefect-home"),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    return float(_output([str(python), str(script), shape], place, settings).splitlines()[-1])


def _metaflow(place: Path, shape: str) -> float:
    python = _environment(place, "metaflow")
    names = [f"s{number}" for number in range(STEPS)] + ["end"]
    steps = "\n".join(
        f"    @step\n    def {name}(self): self.next(self.{following})" for name, following in pairwise(names)
    )
    text = METAFLOW_CHAIN.format(first="s0", steps=steps) if shape == "chain" else METAFLOW_PARALLEL
    script = place / f"metaflow_{shape}.py"
    script.write_text(text.replace("{count}", str(STEPS)))
    settings = {
        "USERNAME": "bench",
        "METAFLOW_DEFAULT_DATASTORE": "local",
        "METAFLOW_HOME": str(place / "mf"),
    }
    began = time.perf_counter()
    _output([str(python), str(script), "--no-pylint", "run"], place, settings)
    return (time.perf_counter() - began) / STEPS


def _environment(place: Path, package: str, *more: str) -> Path:
    """A virtual environment with the package, made once. Raises CalledProcessError when it cannot be."""
    folder = Path(os.environ.get("MLOPS_BENCH_PEERS", place)) / package
    if not folder.exists():
        venv.create(folder, with_pip=True)
        _output([str(folder / "bin" / "pip"), "install", "--quiet", package, *more], place, {})
    return folder / "bin" / "python"


def _output(command: list[str], place: Path, settings: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
        timeout=PEER_SECONDS,
    )
    return done.stdout


def _trigger(place: Path) -> float:
    """From the request of a client to the first line of the step's script."""
    import requests

    (place / "code").mkdir(exist_ok=True)
    (place / "code" / "clock.py").write_text(
        "import sys, time\nopen(sys.argv[1], 'a').write(f'{time.time()}\\n')\n"
    )
    mark = place / "mark"
    step = {
        "name": "s",
        "type": "script",
        "script": "code/clock.py",
        "arguments": [str(mark)],
        "allow_reuse": False,
    }
    from mlops_cli.backends.local import LocalBackend
    from mlops_cli.domain.publishing import PublishRequest

    definition = PipelineDefinition("clock", {"name": "clock", "steps": [step]}, str(place))
    pipelines = LocalBackend(place / "home").pipelines
    version, _ = pipelines.publish(definition, PublishRequest())
    headers = {"Authorization": f"Bearer {pipelines.token()[0]}"}
    seconds = []
    try:
        for number in range(5):
            time.sleep(1)
            began = time.time()
            requests.post(version.endpoint, json={}, headers=headers, timeout=30).raise_for_status()
            while not mark.exists() or len(lines := mark.read_text().split()) <= number:
                time.sleep(0.002)
            seconds.append(float(lines[-1]) - began)
    finally:
        pipelines.server("stop")
    return statistics.median(seconds)


if __name__ == "__main__":
    sys.exit(measure())
