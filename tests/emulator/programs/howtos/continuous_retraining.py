"""Weather data that grow: train again when there is new data, register the model, publish and schedule it."""

from azureml.core import Dataset, Datastore, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.model import Model
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, Schedule, TrainingOutput
from azureml.pipeline.steps import AutoMLStep, PythonScriptStep
from azureml.train.automl import AutoMLConfig

CHECK = """
import argparse
import sys
from datetime import datetime

import pytz
from azureml.core import Dataset, Model, Run

run = Run.get_context()
ws = run.experiment.workspace
parser = argparse.ArgumentParser("split")
parser.add_argument("--ds_name", help="input dataset name")
parser.add_argument("--model_name", help="name of the deployed model")
args = parser.parse_args()
try:
    model = Model(ws, args.model_name)
    last_train_time = model.created_time
    print("Model was last trained on {0}.".format(last_train_time))
except Exception:
    print("Could not get last model train time.")
    last_train_time = datetime.min.replace(tzinfo=pytz.UTC)
train_ds = Dataset.get_by_name(ws, args.ds_name)
dataset_changed_time = train_ds.data_changed_time.replace(tzinfo=pytz.UTC)
if not dataset_changed_time > last_train_time:
    print("Cancelling run since there is no new data.")
    run.parent.cancel()
else:
    print("Dataset was last updated {0}".format(dataset_changed_time))
"""
UPLOAD = """
import argparse

import pandas as pd
from azureml.core import Dataset, Run

run = Run.get_context()
ws = run.experiment.workspace
parser = argparse.ArgumentParser()
parser.add_argument("--ds_name", type=str)
args = parser.parse_args()
dstor = ws.get_default_datastore()
data = pd.DataFrame({"hour": range(200)})
data["temperature"] = data.hour % 24 + 5.0
data.to_csv("weather.csv", index=False)
dstor.upload_files(files=["weather.csv"], target_path=args.ds_name, overwrite=True, show_progress=True)
ds = Dataset.Tabular.from_delimited_files(dstor.path(args.ds_name + "/**/*.csv"))
ds = ds.register(ws, name=args.ds_name, create_new_version=True)
"""
REGISTER = """
import argparse

from azureml.core import Dataset, Run
from azureml.core.model import Model

run = Run.get_context()
ws = run.experiment.workspace
parser = argparse.ArgumentParser()
parser.add_argument("--model_name")
parser.add_argument("--model_path")
parser.add_argument("--ds_name")
args = parser.parse_args()
train_ds = Dataset.get_by_name(ws, args.ds_name)
datasets = [(Dataset.Scenario.TRAINING, train_ds)]
model = Model.register(workspace=ws, model_path=args.model_path, model_name=args.model_name, datasets=datasets)
print("Registered version {0} of model {1}".format(model.version, model.name))
"""
ws = Workspace.from_config()
dstor = ws.get_default_datastore()
experiment = Experiment(ws, "retrain-noaaweather")
dataset, model_name = "NOAA-Weather-DS4", "noaaweatherds"
compute_target = ComputeTarget.create(
    ws, "cont-cluster", AmlCompute.provisioning_configuration(vm_size="STANDARD_DS12_V2", max_nodes=4)
)
compute_target.wait_for_completion(show_output=True)
for name, text in {"check_data": CHECK, "upload_weather_data": UPLOAD, "register_model": REGISTER}.items():
    with open(f"{name}.py", "w") as file:
        file.write(text)

conda_run_config = RunConfiguration(framework="python")
conda_run_config.target = compute_target
conda_run_config.docker.use_docker = True
cd = CondaDependencies.create(
    pip_packages=["azureml-sdk[automl]", "applicationinsights", "azureml-opendatasets", "azureml-defaults"],
    conda_packages=["numpy==1.16.2"], pin_sdk_version=False,
)  # fmt: skip
conda_run_config.environment.python.conda_dependencies = cd

ds_name = PipelineParameter(name="ds_name", default_value=dataset)
upload_data_step = PythonScriptStep(
    script_name="upload_weather_data.py", allow_reuse=False, name="upload_weather_data",
    arguments=["--ds_name", ds_name], compute_target=compute_target, runconfig=conda_run_config,
)  # fmt: skip
data_pipeline = Pipeline(description="pipeline_with_uploaddata", workspace=ws, steps=[upload_data_step])
data_pipeline_run = experiment.submit(data_pipeline, pipeline_parameters={"ds_name": dataset})
print(data_pipeline_run.wait_for_completion(show_output=False))

data_prep_step = PythonScriptStep(
    script_name="check_data.py", allow_reuse=False, name="check_data",
    arguments=["--ds_name", ds_name, "--model_name", model_name], compute_target=compute_target,
    runconfig=conda_run_config,
)  # fmt: skip
train_ds = Dataset.get_by_name(ws, dataset)
automl_config = AutoMLConfig(
    task="regression", debug_log="automl_errors.log", path=".", compute_target=compute_target,
    training_data=train_ds, label_column_name="temperature", iteration_timeout_minutes=10,
    experiment_timeout_hours=0.25, n_cross_validations=3, primary_metric="r2_score",
    max_concurrent_iterations=3, max_cores_per_iteration=-1, enable_early_stopping=True, iterations=2,
)  # fmt: skip
metrics_data = PipelineData(
    name="metrics_data", datastore=dstor, pipeline_output_name="metrics_output",
    training_output=TrainingOutput(type="Metrics"),
)  # fmt: skip
model_data = PipelineData(
    name="best_model_data", datastore=dstor, pipeline_output_name="model_output",
    training_output=TrainingOutput(type="Model"),
)  # fmt: skip
automl_step = AutoMLStep(
    name="automl_module", automl_config=automl_config, outputs=[metrics_data, model_data], allow_reuse=False
)
automl_step.run_after(data_prep_step)
register_model_step = PythonScriptStep(
    script_name="register_model.py", name="register_model", allow_reuse=False,
    arguments=["--model_name", model_name, "--model_path", model_data, "--ds_name", ds_name],
    inputs=[model_data], compute_target=compute_target, runconfig=conda_run_config,
)  # fmt: skip
training_pipeline = Pipeline(
    description="training_pipeline", workspace=ws, steps=[data_prep_step, automl_step, register_model_step]
)
training_pipeline_run = experiment.submit(training_pipeline, pipeline_parameters={"ds_name": dataset})
print(training_pipeline_run.wait_for_completion(show_output=False))
model = Model(ws, model_name)
print("trained with", [data.name for data in model.datasets["training"]], "version", model.version)

published_pipeline = training_pipeline.publish(
    name="Retraining Pipeline", description="Pipeline that retrains AutoML model"
)
schedule = Schedule.create(
    workspace=ws, name="RetrainingSchedule", pipeline_parameters={"ds_name": dataset},
    pipeline_id=published_pipeline.id, experiment_name="retrain-noaaweather", datastore=dstor,
    wait_for_provisioning=True, polling_interval=1440,
)  # fmt: skip
again = published_pipeline.submit(ws, "retrain-noaaweather", pipeline_parameters={"ds_name": dataset})
print("without new data:", again.wait_for_completion(show_output=False, raise_on_error=False))
published_pipeline_upload = data_pipeline.publish(name="Data", description="Pipeline that uploads data")
schedule_upload = Schedule.create(
    workspace=ws, name="UploadSchedule", pipeline_parameters={"ds_name": dataset},
    pipeline_id=published_pipeline_upload.id, experiment_name="retrain-noaaweather", datastore=Datastore(ws),
    path_on_datastore="incoming", data_path_parameter_name=None, polling_interval=1440,
)  # fmt: skip
for one in (schedule, schedule_upload):
    one.disable(wait_for_provisioning=True)
print("schedules", [one.status for one in (schedule, schedule_upload)])
