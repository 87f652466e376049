"""AutoML of arrays in memory; what a run says of its pipelines; features without models."""

import json
import logging

import joblib
import numpy as np
import pandas as pd
from azureml.automl.core.shared.constants import Transformers
from azureml.core import Dataset, Datastore, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.train.automl import AutoMLConfig
from azureml.train.automl.run import AutoMLRun
from sklearn.linear_model import LogisticRegression

ws = Workspace.from_config()
rng = np.random.default_rng(3)
X = rng.normal(size=(160, 3))
y = np.where(X[:, 0] + X[:, 1] + rng.normal(0, 0.5, 160) > 0, "yes", "no")
experiment = Experiment(ws, "automl-in-memory")
settings = {
    "task": "classification", "primary_metric": "accuracy", "iterations": 2, "model_explainability": False,
    "experiment_timeout_hours": 0.3, "verbosity": logging.INFO, "enable_stack_ensemble": False,
}  # fmt: skip
config = AutoMLConfig(X=X[:120], y=y[:120], X_valid=X[120:], y_valid=y[120:], **settings)
local_run = experiment.submit(config, show_output=False)
_, fitted_model = local_run.get_output()
print("right:", (fitted_model.predict(X) == y).mean() > 0.8, fitted_model.predict_proba(X).shape)
for child in AutoMLRun(experiment, local_run.id).get_children():
    properties = child.get_details()["properties"]
    steps = json.loads(properties["pipeline_script"])["objects"]
    assert steps[0]["class_name"] == properties["run_algorithm"]
    if "ensembled_iterations" in properties:
        print(properties["ensembled_iterations"], properties["ensembled_algorithms"])

cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
cards = pd.DataFrame(X, columns=["V1", "V2", "Amount"]).assign(Class=y)
store = ws.get_default_datastore()
training = Dataset.Tabular.register_pandas_dataframe(
    cards[:120], (store, "cards"), "cards", show_progress=False
)
config = AutoMLConfig(
    task="classification", iterations=0, compute_target=cluster, training_data=training,
    label_column_name="Class", featurization="auto", verbosity=logging.INFO,
)  # fmt: skip
remote_run = experiment.submit(config, show_output=False)
remote_run.wait_for_completion(show_output=False)
remote_run.download_files(prefix="/outputs/featurization/pipeline/", output_directory="./transformer")
remote_run.download_file(
    "/outputs/featurization/data/full_training_dataset.df.parquet", "./data/training.parquet"
)
table = pd.read_parquet("./data/training.parquet")
kept = Dataset.File.from_files(
    (
        Datastore.get(ws, "workspaceartifactstore"),
        f"ExperimentRun/dcid.{remote_run.id}/outputs/featurization/data",
    )
)
assert kept.to_path() == ["/full_training_dataset.df.parquet"]
transformers = joblib.load("./transformer/outputs/featurization/pipeline/model.pkl").get_transformers()
X_transformer = transformers[Transformers.X_TRANSFORMER]
X_test = X_transformer.transform(cards[120:])
y_test = transformers[Transformers.Y_TRANSFORMER].transform(y[120:])
print(pd.DataFrame.from_records(X_transformer.get_featurization_summary(is_user_friendly=False)))
names = table.columns.difference(["automl_y", "automl_weights"], sort=False)
model = LogisticRegression().fit(table[names].to_numpy(), table["automl_y"], table["automl_weights"])
print("own model of the features:", model.score(X_test, y_test) > 0.8, remote_run.get_status())
