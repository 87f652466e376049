"""Tune hyperparameters: random search with early termination, the best child, then grid and Bayesian sampling."""

import os

from azureml.core import Environment, Experiment, Run, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.train.hyperdrive import (
    BanditPolicy,
    BayesianParameterSampling,
    GridParameterSampling,
    HyperDriveConfig,
    HyperDriveRun,
    PrimaryMetricGoal,
    RandomParameterSampling,
    choice,
    uniform,
)

ws = Workspace.from_config()
cluster = ComputeTarget.create(
    ws, "tuning", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=4)
)
cluster.wait_for_completion(show_output=True)
os.makedirs("svm", exist_ok=True)
with open("svm/train.py", "w") as file:
    file.write("""import argparse
import os
import time

from azureml.core.run import Run

run = Run.get_context()
parser = argparse.ArgumentParser()
parser.add_argument("--kernel", type=str, default="linear")
parser.add_argument("--penalty", type=float, default=1.0)
parser.add_argument("--seconds", type=float, default=0.0)
args = parser.parse_args()
run.log("Kernel type", args.kernel)
for epoch in range(3):
    run.log("Accuracy", 1 / (1 + (args.penalty - 0.7) ** 2) - (0.5 if args.kernel == "poly" else 0))
run.flush()
time.sleep(args.seconds)
os.makedirs("outputs", exist_ok=True)
with open("outputs/model.joblib", "w") as model:
    model.write(f"{args.kernel} {args.penalty}")
""")
src = ScriptRunConfig(
    source_directory="svm", script="train.py", arguments=["--kernel", "linear", "--penalty", 1.0],
    compute_target=cluster, environment=Environment("tuning-env"),
)  # fmt: skip
experiment = Experiment(ws, "train-svm")


def config(sampling, runs=3, **others):
    return HyperDriveConfig(
        run_config=src, hyperparameter_sampling=sampling, primary_metric_name="Accuracy",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE, max_total_runs=runs, max_concurrent_runs=2, **others,
    )  # fmt: skip


sampling = RandomParameterSampling({"--kernel": choice("linear", "rbf"), "--penalty": uniform(0.5, 1.5)})
policy = BanditPolicy(evaluation_interval=2, slack_factor=0.5, delay_evaluation=1)
searches = [
    experiment.submit(config(sampling, policy=policy)),
    experiment.submit(config(GridParameterSampling({"--penalty": choice(0.6, 0.9)}), runs=5)),
    experiment.submit(config(BayesianParameterSampling({"--penalty": uniform(0.1, 2.0)}), runs=6)),
]
slow = experiment.submit(config(GridParameterSampling({"--seconds": choice(60.0, 90.0)}), runs=2))
slow.cancel()
assert slow.get_status() == "Canceled"

random_run, grid_run, bayesian_run = searches
assert random_run.wait_for_completion(show_output=True)["status"] == "Completed"
assert random_run.get_status() == "Completed"
best_run = random_run.get_best_run_by_primary_metric()
print(best_run.get_details()["runDefinition"]["arguments"])
print(best_run.get_metrics(), best_run.get_file_names())
assert "outputs/model.joblib" in best_run.get_file_names()
model = best_run.register_model(model_name="svm", model_path="outputs/model.joblib")
print(model.name, model.version)

for search in (grid_run, bayesian_run):
    search.wait_for_completion(show_output=False)
rehydrated = Run.get(ws, grid_run.id)
assert isinstance(rehydrated, HyperDriveRun)
children = rehydrated.get_children_sorted_by_primary_metric()
print(children)
assert [child["hyperparameters"] for child in children] == ['{"--penalty":0.6}', '{"--penalty":0.9}']
assert children[0]["best_primary_metric"] > children[1]["best_primary_metric"]
found = [values["Accuracy"][-1] for values in Run.get(ws, bayesian_run.id).get_metrics().values()]
assert len(found) == 6
best = bayesian_run.get_best_run_by_primary_metric().get_metrics("Accuracy")["Accuracy"]
assert max(best) == max(found)
print("searched", len(children), len(found))
