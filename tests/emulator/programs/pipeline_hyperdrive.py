"""A search over hyperparameters as a step: its metrics and its best model go on to other steps."""

import json
from pathlib import Path

from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, TrainingOutput
from azureml.pipeline.steps import HyperDriveStep, HyperDriveStepRun, PythonScriptStep
from azureml.train.hyperdrive import GridParameterSampling, HyperDriveConfig, PrimaryMetricGoal, choice
from outcome import note, refused

TRAIN = """
import argparse, os
from azureml.core import Run
parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.add_argument("--prepared")
parser.add_argument("--offset", type=int)
parser.add_argument("--size", type=int)
args = parser.parse_args()
assert os.listdir(args.data) == ["a.csv"] and os.listdir(args.prepared) == ["p.txt"]
Run.get_context().log("score", args.size + args.offset)
os.makedirs("outputs/model", exist_ok=True)
open("outputs/model/model.txt", "w").write(str(args.size))
"""
PREPARE = "import os, sys\nos.makedirs(sys.argv[1])\nopen(sys.argv[1] + '/p.txt', 'w').write('p')\n"
USE = "import sys\nprint('best', open(sys.argv[1]).read())\n"
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(
    ws, "search-cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
for name, script in (("train", TRAIN), ("prepare", PREPARE), ("use", USE), ("fail", "raise ValueError")):
    Path(name).mkdir(exist_ok=True)
    Path(f"{name}/{name}.py").write_text(script)
Path("in").mkdir(exist_ok=True)
Path("in/a.csv").write_text("x\n1\n")
store.upload("in", "search", overwrite=True, show_progress=False)
data = Dataset.File.from_files((store, "search")).as_mount()
prepared = PipelineData("prepared", store)
offset = PipelineParameter("offset", 10)


def search(script, arguments):
    source = ScriptRunConfig(
        script, f"{script}.py", arguments=arguments, compute_target=target, environment=Environment("search")
    )
    return HyperDriveConfig(
        GridParameterSampling({"--size": choice(1, 3)}), "score", PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=2, max_concurrent_runs=2, run_config=source,
    )  # fmt: skip


metrics = PipelineData(
    "metrics", store, pipeline_output_name="all", training_output=TrainingOutput("Metrics")
)
model = PipelineData(
    "model", store, training_output=TrainingOutput("Model", model_file="outputs/model/model.txt")
)
prepare = PythonScriptStep(
    "prepare.py",
    "prepare",
    [prepared],
    outputs=[prepared],
    compute_target=target.name,
    source_directory="prepare",
)
step = HyperDriveStep(
    "search", search("train", ["--data", data, "--prepared", prepared, "--offset", offset]),
    inputs=[data, prepared], outputs=[metrics, model],
)  # fmt: skip
use = PythonScriptStep(
    "use.py", "use", [model], inputs=[model], compute_target=target, source_directory="use"
)
pipeline = Pipeline(ws, [prepare, step, use])
run = Experiment(ws, "search-steps").submit(pipeline, pipeline_parameters={"offset": 20})
note(status=run.wait_for_completion(show_output=False))
steps = {one.name: one for one in run.get_steps()}
note(used=steps["use"].get_stdout_log().split())
output = run.get_pipeline_output("all")
output.download(".", show_progress=False)
note(metrics=sorted(json.loads(Path(output.path_on_datastore).read_text()).values(), key=str))
found = HyperDriveStepRun(run.find_step_run("search")[0])
best = found.get_best_run_by_primary_metric()
note(
    searched=[found.get_status(), len(found.get_children_sorted_by_primary_metric())], best=best.get_metrics()
)
again = Experiment(ws, "search-steps").submit(pipeline, pipeline_parameters={"offset": 20})
note(again=again.wait_for_completion(show_output=False))
note(reused=[one.properties.get("azureml.isreused") for one in again.get_steps()])
reused = HyperDriveStepRun(again.find_step_run("search")[0])
below = [one.id for one in again.get_children(recursive=True)]
note(best_again=reused.get_best_run_by_primary_metric().id == found.get_best_run_by_primary_metric().id)
note(trials_below_again=all(trial.id in below for trial in found.get_children()))

failing = HyperDriveStep("failing", search("fail", []))
failed = Experiment(ws, "search-steps").submit(Pipeline(ws, [failing]))
note(failed=refused(lambda: failed.wait_for_completion(show_output=False)))
note(why=next(iter(failed.get_steps())).get_details()["error"]["error"]["message"])
