"""Score files in parallel with a registered model, then publish the pipeline and trigger it by REST."""

import os

import pandas as pd
import requests
from azureml.core import Dataset, Environment, Experiment, Model, Workspace
from azureml.core.authentication import InteractiveLoginAuthentication
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.conda_dependencies import CondaDependencies
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, PipelineRun
from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep

ws = Workspace.from_config()
datastore = ws.get_default_datastore()
compute_target = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
compute_target.wait_for_completion(show_output=True)

for folder, names in (("digits", "12345"), ("other", "89")):
    os.makedirs(folder, exist_ok=True)
    for name in names:
        with open(f"{folder}/{name}.txt", "w") as file:
            file.write(name)
    Dataset.File.upload_directory(folder, (datastore, folder), overwrite=True)
digits = Dataset.File.from_files((datastore, "digits")).register(ws, "digits", create_new_version=True)
Dataset.File.from_files((datastore, "other")).register(ws, "other", create_new_version=True)
os.makedirs("model", exist_ok=True)
for name, text in (("factor.txt", "3"), ("labels.txt", "small large")):
    with open(f"model/{name}", "w") as file:
        file.write(text)
Model.register(ws, model_path="model/", model_name="digits-model", tags={"kind": "demo"})

os.makedirs("scripts", exist_ok=True)
with open("scripts/score.py", "w") as file:
    file.write("""import os
from pathlib import Path

from azureml.core import Model
from azureml_user.parallel_run import EntryScript


def init():
    global factor
    entry_script = EntryScript()
    folder = Model.get_model_path("digits-model")
    factor = int(Path(folder, "factor.txt").read_text())
    log_dir = Path(entry_script.log_dir)
    log_dir.mkdir(parents=True, exist_ok=True)
    (log_dir / f"{entry_script.agent_name}.txt").write_text("ready")
    entry_script.logger.info("init() is called")


def run(mini_batch):
    print(f"mini-batch of {len(mini_batch)}")
    return ["{}: {}".format(os.path.basename(name), factor * int(Path(name).read_text())) for name in mini_batch]
""")
with open("scripts/no_run.py", "w") as file:
    file.write("def init():\n    pass\n")

environment = Environment("batch-env")
environment.python.conda_dependencies = CondaDependencies.create(
    pip_packages=["azureml-core", "azureml-dataset-runtime[fuse]"]
)
parameter = PipelineParameter(name="digits_param", default_value=digits)
input_digits = DatasetConsumptionConfig("digits_config", parameter).as_mount()


def config(entry_script):
    return ParallelRunConfig(
        source_directory="scripts", entry_script=entry_script, environment=environment, compute_target=compute_target,
        mini_batch_size=PipelineParameter("batch_size", "2"), error_threshold=10, output_action="append_row",
        append_row_file_name="scores.txt", node_count=1, process_count_per_node=1, run_invocation_timeout=60,
        run_max_try=2, logging_level="DEBUG",
    )  # fmt: skip


def step(entry_script, data, output):
    return ParallelRunStep(
        name="score-digits", parallel_run_config=config(entry_script), inputs=[data], output=output,
        allow_reuse=False,
    )  # fmt: skip


scores = PipelineData("scores", datastore=datastore, pipeline_output_name="scores")
pipeline = Pipeline(ws, steps=[step("score.py", input_digits, scores)])


def scores_of(run):
    output = run.get_pipeline_output("scores")
    output.download(run.id)
    found = [os.path.join(root, "scores.txt") for root, _, files in os.walk(run.id) if "scores.txt" in files]
    frame = pd.read_csv(found[0], delimiter=":", header=None)
    return dict(zip(frame[0], frame[1], strict=True))


pipeline_run = Experiment(ws, "score-digits").submit(pipeline)
pipeline_run.wait_for_completion(show_output=True)
assert scores_of(pipeline_run) == {f"{n}.txt": 3 * n for n in (1, 2, 3, 4, 5)}
step_run = pipeline_run.find_step_run("score-digits")[0]
assert any(name.startswith("logs/user/entry_script_log/0/process") for name in step_run.get_file_names())

published = pipeline_run.publish_pipeline("Score digits", "by mini-batches", "1.0")
header = InteractiveLoginAuthentication().get_authentication_header()
response = requests.post(published.endpoint, headers=header, json={
    "experimentName": "score-by-rest",
    "parameterAssignments": {"batch_size": "1", "process_count_per_node": 6},
    "DataSetDefinitionValueAssignments": {"digits_param": {"DataSetReference": {"Name": "other"}}},
    "Tags": {"by": "rest"},
})  # fmt: skip
response.raise_for_status()
rest_run = PipelineRun(ws.experiments["score-by-rest"], response.json()["Id"])
rest_run.wait_for_completion(show_output=False)
assert scores_of(rest_run) == {"8.txt": 24, "9.txt": 27}
assert rest_run.get_tags() == {"by": "rest"}
log = rest_run.find_step_run("score-digits")[0].get_stdout_log()
assert log.count("mini-batch of 1\n") == 2

nothing = PipelineData("nothing", datastore=datastore)
wrong = Pipeline(ws, steps=[step("no_run.py", digits.as_named_input("digits"), nothing)])
wrong_run = Experiment(ws, "score-digits").submit(wrong)
wrong_run.wait_for_completion(show_output=False, raise_on_error=False)
error = wrong_run.find_step_run("score-digits")[0].get_details()["error"]["error"]["message"]
assert "no attribute 'run'" in error, error
print("scored in", step_run.name, "and by REST:", len(scores_of(rest_run)))
