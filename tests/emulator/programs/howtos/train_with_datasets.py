"""Train with datasets: mounted, downloaded, opened; outputs that become datasets; commands; distributed settings."""

import os

import pandas as pd
from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.runconfig import DockerConfiguration, PyTorchConfiguration
from azureml.data import OutputFileDatasetConfig

ws = Workspace.from_config()
datastore = ws.get_default_datastore()
compute_target = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=4)
)
compute_target.wait_for_completion(show_output=True)
os.makedirs("data", exist_ok=True)
for part in ("first", "second"):
    pd.DataFrame({"x": range(5), "part": part}).to_csv(f"data/{part}.csv", index=False)
files = Dataset.File.upload_directory("data", (datastore, "training-data"), overwrite=True)
table = Dataset.Tabular.from_delimited_files((datastore, "training-data/first.csv"))
table = table.register(ws, "training-table", create_new_version=True)

os.makedirs("src", exist_ok=True)
with open("src/prepare.py", "w") as file:
    file.write("""import argparse
import os
import shutil
import sys

from azureml.core import Dataset, Model, Run

parser = argparse.ArgumentParser()
parser.add_argument("--folder")
parser.add_argument("--input-data")
parser.add_argument("--out")
args = parser.parse_args()
run = Run.get_context()
frame = Dataset.get_by_id(run.experiment.workspace, id=args.input_data).to_pandas_dataframe()
assert len(frame) == len(run.input_datasets["table"].to_pandas_dataframe()) == 5
assert args.folder == run.input_datasets["files"]
print("files", sorted(os.listdir(args.folder)))
for name in os.listdir(args.folder):
    shutil.copy(os.path.join(args.folder, name), args.out)
run.log("rows", len(frame))
print("secret", run.get_secret("password"))
with open("weights.txt", "w") as weights:
    weights.write("1")
run.upload_file("outputs/weights.txt", "weights.txt")
print(run.register_model("weights", "outputs/weights.txt").version)
print(Model.register(run.experiment.workspace, "weights.txt", "weights").version)
""")
with open("src/rank.py", "w") as file:
    file.write("""import os
print("rank", os.environ["RANK"], "of", os.environ["WORLD_SIZE"], os.environ["MY_OWN"])
""")
ws.get_default_keyvault().set_secret("password", "hidden")
output = OutputFileDatasetConfig("prepared", (datastore, "prepared/{run-id}"))
output = output.register_on_complete("prepared-table", tags={"made": "by a run"}).read_delimited_files()
environment = Environment("training-env")
experiment = Experiment(ws, "train-with-datasets")
prepare = experiment.submit(ScriptRunConfig(
    source_directory="src", script="prepare.py", compute_target=compute_target, environment=environment,
    arguments=["--folder", files.as_named_input("files").as_download(),
               "--input-data", table.as_named_input("table"), "--out", output],
))  # fmt: skip
ranked = ScriptRunConfig(
    "src", "rank.py", compute_target=compute_target, environment=environment,
    distributed_job_config=PyTorchConfiguration(node_count=1), max_run_duration_seconds=600,
    docker_runtime_config=DockerConfiguration(use_docker=True, shm_size="2g"),
)  # fmt: skip
ranked.run_config.environment_variables = {"MY_OWN": "variable"}
ranked = experiment.submit(ranked, tags={"kind": "distributed"}, run_id="my-own-id")
command = experiment.submit(ScriptRunConfig(
    "src", command=["python", "-c", "'import azureml.core'", "&&", "head", "-1", files.as_mount()],
    compute_target=compute_target, environment=environment,
))  # fmt: skip
with open("src/fails.py", "w") as file:
    file.write("import sys\nsys.exit('no luck')\n")
failing = experiment.submit(
    ScriptRunConfig("src", "fails.py", compute_target=compute_target, environment=environment)
)

print(prepare.wait_for_completion(show_output=True)["status"])
details = prepare.get_details()
print([entry["dataset"].name for entry in details["inputDatasets"]], details["submittedBy"])
assert prepare.get_metrics() == {"rows": 5}
prepared = Dataset.get_by_name(ws, "prepared-table")
print(prepared.tags, prepared.to_pandas_dataframe().shape)
assert prepared.to_pandas_dataframe().shape == (10, 2)
assert prepare.get_environment().name == "training-env"

assert ranked.wait_for_completion()["status"] == "Completed"
assert ranked.id == "my-own-id"
log = ranked.get_details_with_logs()["logFiles"]["user_logs/std_log.txt"]
assert "rank 0 of 1 variable" in log
print(command.wait_for_completion(raise_on_error=False)["status"])
log = command.get_details_with_logs()["logFiles"]["user_logs/std_log.txt"]
assert "No module named" not in log
try:
    failing.wait_for_completion()
except Exception as error:  # noqa: BLE001
    print(type(error).__name__, failing.get_status(), failing.get_details()["error"]["error"]["message"])
print("table of the run:", len(prepared.to_pandas_dataframe()))
