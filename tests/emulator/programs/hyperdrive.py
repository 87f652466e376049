"""Searches over hyperparameters: what is logged, stopped early, refused, canceled and begun below another run."""

import time
from pathlib import Path

from azureml.core import Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.train.hyperdrive import (
    GridParameterSampling,
    HyperDriveConfig,
    PrimaryMetricGoal,
    RandomParameterSampling,
    TruncationSelectionPolicy,
    choice,
    uniform,
)
from outcome import note

ws = Workspace.from_config()
target = ComputeTarget.create(ws, "cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2))
Path("src").mkdir(exist_ok=True)
Path("src/train.py").write_text("""
import sys, time
from azureml.core import Run
loss, seconds = float(sys.argv[2]), float(sys.argv[4]) if len(sys.argv) > 3 else 0
if loss > 5:
    raise ValueError("too much")
run = Run.get_context()
for step in range(3):
    run.log("loss", loss / (step + 1))
run.flush()
time.sleep(seconds)
""")
exp = Experiment(ws, "searches")
script = ScriptRunConfig("src", "train.py", compute_target=target, environment=Environment("searching"))


def config(space, runs=2, sampling=GridParameterSampling, at_once=4, **others):
    return HyperDriveConfig(
        hyperparameter_sampling=sampling(space), primary_metric_name="loss",
        primary_metric_goal=PrimaryMetricGoal.MINIMIZE, max_total_runs=runs, max_concurrent_runs=at_once,
        run_config=script, **others,
    )  # fmt: skip


policy = TruncationSelectionPolicy(truncation_percentage=50, evaluation_interval=3)
stopped = exp.submit(config({"loss": choice(1.0, 2.0), "seconds": choice(300.0)}, policy=policy))
named = exp.submit(config({"loss": uniform(0, 1)}, 1, RandomParameterSampling, custom_run_id="my-search"))
with exp.start_logging(snapshot_directory=None) as parent:
    below = parent.submit_child(config({"loss": choice(1.0, 3.0)}))
failing = exp.submit(config({"loss": choice([6.0 + n for n in range(8)])}, runs=8, at_once=2))

deadline = time.monotonic() + 120
while "Canceled" not in (states := [c.get_status() for c in stopped.get_children()]):
    assert time.monotonic() < deadline, states
    time.sleep(0.2)
note(early=sorted(states))
stopped.cancel()
note(canceled=[stopped.get_status(), {c.get_status() for c in stopped.get_children()} == {"Canceled"}])

named.wait_for_completion()
note(named=[named.id, named.get_status(), len(list(named.get_children()))])
below.wait_for_completion()
best = below.get_best_run_by_primary_metric()
note(
    below=[below.parent.id == parent.id, best.get_details()["runDefinition"]["arguments"]],
    properties=below.get_properties()["best_child_run_id"] == best.id,
    log=below.get_details_with_logs()["logFiles"]["azureml-logs/hyperdrive.txt"],
    by=below.get_details()["submittedBy"],
)
failing.wait_for_completion(raise_on_error=False)
note(failed=[failing.get_status(), failing.get_details()["error"]["error"]["message"]],
     tried=len(list(failing.get_children())))  # fmt: skip
