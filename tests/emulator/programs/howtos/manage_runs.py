"""Log metrics, then start, monitor, tag, nest, cancel and fail runs."""

import os

import numpy as np
from azureml.core import Environment, Experiment, Run, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget

ws = Workspace.from_config()
exp = Experiment(workspace=ws, name="explore-runs")
notebook_run = exp.start_logging()
notebook_run.log(name="message", value="Hello from run!")
for alpha in np.linspace(0, 1, 5):
    notebook_run.log("mse", float(1 - alpha))
notebook_run.log_list("accuracies", [0.6, 0.7, 0.87])
notebook_run.log_row("Y over X", x=1, y=0.4)
notebook_run.log_table("squares", {"number": [1, 2, 3], "square": [1, 4, 9]})
with open("notes.txt", "w") as file:
    file.write("kept")
notebook_run.upload_file("outputs/notes.txt", "notes.txt")
print(notebook_run.get_status())
notebook_run.complete()
print(notebook_run.get_status(), notebook_run.get_metrics())
assert notebook_run.get_metrics("mse")["mse"] == [1.0, 0.75, 0.5, 0.25, 0.0]
notebook_run.download_file("outputs/notes.txt", "again.txt")

os.makedirs("training", exist_ok=True)
with open("training/hello.py", "w") as file:
    file.write("""import argparse
from azureml.core import Run

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int)
count = parser.parse_args().count
run = Run.get_context()
for i in range(count):
    run.log("step", i)
run.tag("quality", "fantastic run")
print("Hello from the script", count)
""")
ComputeTarget.create(
    ws, "runs-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
).wait_for_completion()
config = ScriptRunConfig(
    source_directory="training", script="hello.py", arguments=["--count", 3], compute_target="runs-cluster",
    environment=Environment("user-managed-env"),
)  # fmt: skip
script_run = exp.submit(config)
script_run.wait_for_completion(show_output=True)
print(script_run.get_details()["status"], script_run.get_metrics(), script_run.get_tags())
assert script_run.get_metrics()["step"] == [0, 1, 2]

with exp.start_logging() as parent_run:
    parent_run.log(name="loss", value=0.1)
    with parent_run.child_run(name="first") as child:
        child.log(name="loss", value=0.2)
    children = parent_run.create_children(count=2)
    for number, child in enumerate(children):
        child.log(name="loss", value=number)
        child.complete()
print([run.id for run in parent_run.get_children()])

local_run = exp.start_logging()
local_run.fail("told to")
print(local_run.get_status())
local_run = exp.start_logging()
local_run.cancel()
print(local_run.get_status())

parent_run.tag("quality", "fantastic run")
parent_run.add_properties({"author": "azureml-user"})
found = list(exp.get_runs(properties={"author": "azureml-user"}, tags={"quality": "fantastic run"}))
assert [run.id for run in found] == [parent_run.id]
try:
    parent_run.add_properties({"author": "somebody else"})
except Exception as error:  # noqa: BLE001
    print("properties cannot be changed:", error)
print(Run.get(ws, parent_run.id).get_details()["status"])
