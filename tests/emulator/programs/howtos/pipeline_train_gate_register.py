"""A build publishes a pipeline under its number; a release runs it: train, gate on the metric, register."""

import os
from pathlib import Path

import pandas as pd
from azureml.core import Environment, Experiment, Model, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.runconfig import DEFAULT_CPU_IMAGE, RunConfiguration
from azureml.data.data_reference import DataReference
from azureml.pipeline.core import Pipeline, PipelineData, PublishedPipeline
from azureml.pipeline.core.graph import PipelineParameter
from azureml.pipeline.steps import PythonScriptStep

FILES = {
    "conda.yml": "name: training\ndependencies:\n- python=3.8\n- pip:\n  - azureml-defaults\n",
    "util/helper.py": """from azureml.core import Model


def find_model(ws, name, tag, value):
    try:
        return Model(ws, name=name, tags=[[tag, value]])
    except Exception as error:
        print("no model yet:", type(error).__name__)
""",
    "training/train.py": """import argparse, os
from azureml.core.run import Run
parser = argparse.ArgumentParser("train")
for name in ("model_name", "data", "step_output", "noise"):
    parser.add_argument("--" + name)
args = parser.parse_args()
run = Run.get_context()
rows = [line.split(",") for line in open(os.path.join(args.data, "rows.csv")).readlines()[1:]]
mse = sum((float(y) - float(x)) ** 2 for x, y in rows) / len(rows) + float(args.noise)
run.log("mse", mse)
run.parent.log("mse", mse)
run.parent.tag("trained_by", value=run.id)
with open(os.path.join(args.data, f"report-{run.parent.id}.txt"), "w") as file:
    file.write(os.environ["BUILD_URI"])
for folder in (args.step_output, "outputs"):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, args.model_name), "w") as file:
        file.write(str(mse))
run.tag("run_type", value="train")
run.complete()
""",
    "evaluate.py": """import argparse
from azureml.core import Run
from util.helper import find_model
parser = argparse.ArgumentParser("evaluate")
parser.add_argument("--model_name")
parser.add_argument("--allow_run_cancel", default="true")
args = parser.parse_args()
run = Run.get_context()
trained = next(child for child in run.parent.get_children() if child.name == "Train Model")
trained.download_file("outputs/" + args.model_name, output_file_path="new.txt")
model = find_model(run.experiment.workspace, args.model_name, "experiment_name", run.experiment.name)
new = float(run.parent.get_metrics()["mse"])
assert new == float(open("new.txt").read())
if model is not None and new >= float(model.tags["mse"]):
    print("not better")
    if args.allow_run_cancel.lower() == "true":
        run.parent.cancel()
""",
    "register.py": """import argparse, os
from azureml.core import Run
from azureml.core.model import Model
parser = argparse.ArgumentParser("register")
parser.add_argument("--model_name")
parser.add_argument("--step_input")
args = parser.parse_args()
run = Run.get_context()
ws, parent = run.experiment.workspace, run.parent
kept = parent.get_tags()
tags = {"run_id": parent.id, "experiment_name": run.experiment.name, "mse": parent.get_metrics()["mse"]}
model = Model.register(
    ws, model_path=os.path.join(args.step_input, args.model_name), model_name=args.model_name,
    tags={**tags, "BuildId": kept["BuildId"]},
)
os.chdir("..")
open(os.path.join(args.step_input, "registered.txt"), "w").close()
""",
}
for name, text in FILES.items():
    Path("code", name).parent.mkdir(parents=True, exist_ok=True)
    Path("code", name).write_text(text)
ws = Workspace.from_config()
store = ws.get_default_datastore()


def compute(name):
    if name not in ws.compute_targets:
        settings = AmlCompute.provisioning_configuration(
            vm_size="STANDARD_DS2_V2", vm_priority="lowpriority", max_nodes=4, idle_seconds_before_scaledown=300
        )  # fmt: skip
        made = ComputeTarget.create(ws, name, settings)
        made.wait_for_completion(show_output=True, min_node_count=None, timeout_in_minutes=10)
    return ws.compute_targets[name]


def environment(name, create_new=False):
    known = Environment.list(workspace=ws)
    if name in known and not create_new:
        return known[name]
    made = Environment.from_conda_specification(name, os.path.join("code", "conda.yml"))
    made.docker.base_image = DEFAULT_CPU_IMAGE
    return made.register(ws)


pd.DataFrame({"x": range(20), "y": range(1, 21)}).to_csv("rows.csv", index=False)
store.upload_files(files=["rows.csv"], target_path="training-data/", overwrite=True, show_progress=False)
configuration = RunConfiguration()
configuration.environment = environment("training", create_new=True)
configuration.environment.environment_variables["BUILD_URI"] = "https://example.org/build?id="
common = {"compute_target": compute("train-cluster"), "source_directory": "code", "allow_reuse": False}
common["runconfig"] = configuration

model_name = PipelineParameter(name="model_name", default_value="model.txt")
noise = PipelineParameter(name="noise", default_value=0.5)
data = DataReference(store, "training_data", path_on_datastore="training-data")
handed = PipelineData("pipeline_data", datastore=store)
train = PythonScriptStep(
    name="Train Model", script_name="training/train.py", inputs=[data], outputs=[handed],
    arguments=["--model_name", model_name, "--data", data, "--step_output", handed, "--noise", noise], **common,
)  # fmt: skip
evaluate = PythonScriptStep(
    name="Evaluate Model ", script_name="evaluate.py", arguments=["--model_name", model_name], **common
)
register = PythonScriptStep(
    name="Register Model ", script_name="register.py", inputs=[handed],
    arguments=["--model_name", model_name, "--step_input", handed], **common,
)  # fmt: skip
evaluate.run_after(train)
register.run_after(evaluate)
pipeline = Pipeline(workspace=ws, steps=[train, evaluate, register])
pipeline.validate()
pipeline.publish(name="training", description="train and register", version="20260101.1")
pipeline.publish(name="training", description="train and register", version="20260101.2")

matched = [one for one in PublishedPipeline.list(ws) if (one.name, one.version) == ("training", "20260101.1")]
assert len(matched) == 1
experiment = Experiment(workspace=ws, name="release")
tags = {"BuildId": "20260101.1"}
first = experiment.submit(matched[0], tags=tags, pipeline_parameters={"noise": 0.25})
assert first.wait_for_completion(show_output=False) == "Finished"
assert [one.name for one in first.get_steps()] == ["Register Model ", "Evaluate Model ", "Train Model"]
second = experiment.submit(matched[0], tags=tags)
second.wait_for_completion(show_output=False, raise_on_error=False)
assert "not better" in second.find_step_run("Evaluate Model ")[0].get_stdout_log()
model = Model(ws, "model.txt", tags=[["BuildId", "20260101.1"]])
assert (model.version, model.tags["run_id"]) == (1, first.id)
assert first.get_tags() == {**tags, "trained_by": first.find_step_run("Train Model")[0].id}
first.find_step_run("Train Model")[0].get_output_data("pipeline_data").download("back", show_progress=False)
assert sorted(file.name for file in Path("back").rglob("*.txt")) == ["model.txt", "registered.txt"]
store.download("back", prefix="training-data/report", show_progress=False)
reports = [file.stem.partition("-")[2] for file in Path("back").rglob("report-*.txt")]
assert sorted(reports) == sorted([first.id, second.id])
print("released", model.name, model.tags["mse"], "then", second.get_status())
