"""AutoML as a step of a pipeline: metrics and the best model are read back from its outputs."""

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from azureml._restclient.jasmine_client import JasmineClient
from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineData, TrainingOutput
from azureml.pipeline.steps import AutoMLStep, AutoMLStepRun, PythonScriptStep
from azureml.train.automl import AutoMLConfig
from outcome import note

REGISTER = """
import argparse
from azureml.core import Run
from azureml.core.model import Model
parser = argparse.ArgumentParser()
parser.add_argument("--model_name")
parser.add_argument("--model_path")
args = parser.parse_args()
run = Run.get_context()
model = Model.register(run.experiment.workspace, model_path=args.model_path, model_name=args.model_name)
print("registered", model.name, model.version)
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(
    ws, "automl-pipe", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
target.wait_for_completion()
numbers = np.random.default_rng(7).normal(size=(200, 3))
rows = pd.DataFrame(numbers, columns=["a", "b", "c"])
for place, part in {"far north": rows[:100].assign(label=0), "south": rows[100:].assign(label=1)}.items():
    Path("in", place).mkdir(parents=True, exist_ok=True)
    part.to_csv(f"in/{place}/rows.csv", index=False)
store.upload("in", "automl-pipe", overwrite=True, show_progress=False)
table = Dataset.Tabular.from_delimited_files(
    (store, "automl-pipe/*/rows.csv"), partition_format="/{place}/rows.csv"
)
frame = table.to_pandas_dataframe()
Path("src").mkdir(exist_ok=True)
Path("src/register.py").write_text(REGISTER)

metrics_data = PipelineData(
    "metrics_data", store, pipeline_output_name="metrics_output", training_output=TrainingOutput("Metrics")
)
model_data = PipelineData(
    "model_data", store, pipeline_output_name="best_model_output", training_output=TrainingOutput("Model")
)
automl_config = AutoMLConfig(
    task="classification", training_data=table, label_column_name="label", primary_metric="AUC_weighted",
    compute_target=target, experiment_timeout_minutes=15, iterations=2, n_cross_validations=2,
    path="src", debug_log="automl.log",
)  # fmt: skip
train = AutoMLStep(
    name="automl_module", automl_config=automl_config, outputs=[metrics_data, model_data], allow_reuse=True
)
register = PythonScriptStep(
    "register.py", "register", ["--model_name", "from-pipeline", "--model_path", model_data],
    inputs=[model_data], compute_target=target, source_directory="src",
)  # fmt: skip
pipeline = Pipeline(ws, [register])
run = Experiment(ws, "automl-pipe").submit(pipeline)
note(status=run.wait_for_completion(show_output=False))
output = run.get_pipeline_output("metrics_output")
output.download(".", show_progress=False)
metrics = json.loads(Path(output._path_on_datastore).read_text())
note(children=len(metrics), metric=all("AUC_weighted" in values for values in metrics.values()))
output = run.get_pipeline_output("best_model_output")
output.download(".", show_progress=False)
import azureml.train.automl.runtime  # noqa: E402 - makes the classes of the model importable

assert azureml.train.automl.runtime.AutoMLStep is AutoMLStep  # where older programs import it from

with Path(output._path_on_datastore).open("rb") as file:
    model = pickle.load(file)
right = np.asarray(model.predict(frame.drop(columns="label"))) == frame.label.to_numpy()
note(right=float(right.mean()))
step = run.find_step_run("automl_module")[0]
automl = AutoMLStepRun(step)
best, fitted = automl.get_output()
note(best=best.id.startswith(step.id), fitted=type(fitted).__name__, step=type(step).__name__)
log = next(iter(run.find_step_run("register"))).get_stdout_log().splitlines()
note(registered=[line for line in log if line.startswith("registered")])
again = Experiment(ws, "automl-pipe").submit(pipeline)
again.wait_for_completion(show_output=False)
trial, fitted = AutoMLStepRun(again.find_step_run("automl_module")[0]).get_output(iteration=0)
note(
    reused=[trial.get_properties()["iteration"], "AUC_weighted" in trial.get_metrics(), type(fitted).__name__]
)
experiment = ws.experiments["automl-pipe"]
client = JasmineClient(ws.service_context, experiment.name, experiment_id=experiment.id)
surroundings = client.get_curated_environment("AutoML", False, False, target, target.vm_size)
note(same_surroundings=[surroundings.name, best.get_environment().name])
