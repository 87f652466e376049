"""What scripts find around them, metrics that are no numbers, and a machine that is attached."""

import math
import os

from azureml.core import Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget, RemoteCompute

TRAIN = """
import sys
from azureml.core import Run

run = Run.get_context()
losses = [0.5, float("inf"), float("nan")]
for epoch, loss in enumerate(losses):
    run.log("loss", loss, step=epoch)
run.log("epochs", len(losses))
with open("outputs/model.txt", "a") as kept:
    kept.write(" ".join(sys.argv[1:]))
"""
ws = Workspace.from_config()
cluster = ComputeTarget.create(
    ws, "cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
cluster.wait_for_completion()
os.makedirs("src", exist_ok=True)
with open("src/train.py", "w") as file:
    file.write(TRAIN)
environment = Environment("user-managed")
environment.python.user_managed_dependencies = True
environment.environment_variables = {"WHO": "nobody"}
experiment = Experiment(ws, "diverges")
configs = {
    "script": ScriptRunConfig("src", "train.py", ["--rate", 0.1], compute_target=cluster, environment=environment),
    "command": ScriptRunConfig(
        "src", command="echo $WHO > outputs/who.txt && python train.py --rate 0.2", compute_target="local",
        environment=environment,
    ),
}  # fmt: skip
for name, config in configs.items():
    run = experiment.submit(config)
    run.wait_for_completion(show_output=False)
    metrics = run.get_metrics()
    assert math.isinf(metrics["loss"][1])
    assert math.isnan(metrics["loss"][2])
    kept = sorted(file for file in run.get_file_names() if file.startswith("outputs"))
    print(name, run.status, metrics["epochs"], kept)

machine = ComputeTarget.attach(
    ws,
    "on-premises",
    RemoteCompute.attach_configuration(address="10.0.0.4", username="me", password="secret"),
)
machine.wait_for_completion()
print(type(ws.compute_targets["on-premises"]).__name__, machine.address, machine.type)
