"""Performance of machines and fraud with cards: featurization by hand, validation data, code and local tests."""

import json
import logging

import numpy as np
import pandas as pd
from azureml.automl.core.featurization import FeaturizationConfig
from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.model import Model
from azureml.core.run import Run
from azureml.train.automl import AutoMLConfig
from azureml.train.automl.run import AutoMLRun
from sklearn.metrics import confusion_matrix, mean_absolute_error, r2_score

ws = Workspace.from_config()
experiment = Experiment(ws, "automl-regression-hardware-explain")
cluster = ComputeTarget.create(
    ws, "hardware-cluster", AmlCompute.provisioning_configuration(vm_size="STANDARD_DS12_V2", max_nodes=4)
)
cluster.wait_for_completion(show_output=True)
store = ws.get_default_datastore()
rng = np.random.default_rng(3)
machines = pd.DataFrame({
    "VendorName": rng.choice(["ibm", "hp", "dec"], 300), "ModelName": [f"m{i % 40}" for i in range(300)],
    "MYCT": rng.integers(20, 1500, 300), "MMIN": rng.integers(64, 32000, 300), "MMAX": rng.integers(64, 64000, 300),
    "CACH": rng.choice([0.0, 8.0, 64.0, np.nan], 300), "CHMIN": rng.integers(0, 52, 300),
})  # fmt: skip
machines["ERP"] = (
    machines.MMAX / 300 + machines.MMIN / 400 - machines.MYCT / 100 + rng.normal(0, 3, 300)
).round(2)
dataset = Dataset.Tabular.register_pandas_dataframe(
    machines, (store, "machines"), "machines", show_progress=False
)
train_data, test_data = dataset.random_split(percentage=0.8, seed=223)

featurization_config = FeaturizationConfig()
featurization_config.blocked_transformers = ["LabelEncoder"]
featurization_config.drop_columns = ["MMIN"]
featurization_config.add_column_purpose("MYCT", "Numeric")
featurization_config.add_column_purpose("VendorName", "CategoricalHash")
featurization_config.add_transformer_params("Imputer", ["CACH"], {"strategy": "most_frequent"})
featurization_config.add_transformer_params("Imputer", ["MMAX"], {"strategy": "mean"})
featurization_config.add_transformer_params("HashOneHotEncoder", [], {"number_of_bits": 3})
automl_settings = {
    "enable_early_stopping": True, "experiment_timeout_hours": 0.25, "max_concurrent_iterations": 4,
    "max_cores_per_iteration": -1, "n_cross_validations": 5,
    "primary_metric": "normalized_root_mean_squared_error", "verbosity": logging.INFO,
}  # fmt: skip
automl_config = AutoMLConfig(
    task="regression", debug_log="automl_errors.log", compute_target=cluster, featurization=featurization_config,
    training_data=train_data, label_column_name="ERP", iterations=3, **automl_settings,
)  # fmt: skip
remote_run = experiment.submit(automl_config, show_output=False)
remote_run.wait_for_completion(show_output=False)
remote_run = AutoMLRun(experiment=experiment, run_id=remote_run.id)
best_run_customized, fitted_model_customized = remote_run.get_output()
custom_featurizer = fitted_model_customized.named_steps["datatransformer"]
summary = pd.DataFrame.from_records(custom_featurizer.get_featurization_summary())
assert "MMIN" not in custom_featurizer.get_engineered_feature_names()
print(summary)
children = sorted(remote_run.get_children(), key=lambda run: int(run.properties["iteration"]))
table = {int(run.properties["iteration"]): run.get_metrics()["r2_score"] for run in children}
lookup_metric = "root_mean_squared_error"
best_run, fitted_model = remote_run.get_output(metric=lookup_metric)
assert best_run.id in [run.id for run in children]
first_run, _ = remote_run.get_output(iteration=0)
assert first_run.id == f"{remote_run.id}_0"
best_run, fitted_model = best_run_customized, fitted_model_customized
expl = Run(experiment=experiment, run_id=remote_run.id + "_ModelExplain")
expl.wait_for_completion()
X_test = test_data.drop_columns("ERP").to_pandas_dataframe()
y_test = test_data.keep_columns("ERP").to_pandas_dataframe()
y_pred = fitted_model.predict(X_test)
print("r2 above 0.7:", r2_score(y_test["ERP"], y_pred) > 0.7, mean_absolute_error(y_test["ERP"], y_pred))
model = best_run.register_model(
    model_name="automl_model", model_path="outputs/model.pkl", datasets=[("training", dataset)],
    sample_input_dataset=test_data.take(2), resource_configuration=None,
)  # fmt: skip
assert Model(ws, "automl_model").run_id == best_run.id == model.run_id
assert {"outputs/env_dependencies.json", "outputs/conda_env_v_1_0_0.yml"} <= set(best_run.get_file_names())
print(json.dumps(best_run.get_properties()["pipeline_spec"])[:100])

fraud = pd.DataFrame(rng.normal(0, 1, (600, 4)), columns=["V1", "V2", "V3", "Amount"])
fraud["Class"] = ((fraud.V1 + fraud.V2 + rng.normal(0, 0.3, 600)) > 2.2).astype(int)
cards = Dataset.Tabular.register_pandas_dataframe(fraud, (store, "cards"), "creditcard", show_progress=False)
training_data, validation_data = cards.random_split(percentage=0.8, seed=223)
label_column_name = "Class"
automl_config = AutoMLConfig(
    task="classification", debug_log="automl_errors.log", training_data=training_data, compute_target=cluster,
    label_column_name=label_column_name, n_cross_validations=3, positive_label=1,
    primary_metric="average_precision_score_weighted", experiment_timeout_hours=0.25,
    featurization="auto", enable_stack_ensemble=False, iterations=2, enable_code_generation=True,
)  # fmt: skip
fraud_run = Experiment(ws, "automl-classification-ccard-remote").submit(automl_config, show_output=False)
fraud_run.wait_for_completion(show_output=False)
best_run, fitted_model = fraud_run.get_output()
X_test_df = validation_data.drop_columns(columns=[label_column_name]).to_pandas_dataframe()
y_test_df = validation_data.keep_columns(columns=[label_column_name], validate=True).to_pandas_dataframe()
y_pred = fitted_model.predict(X_test_df)
cf = confusion_matrix(y_test_df.values, y_pred)
print("right:", np.trace(cf) / cf.sum() > 0.9)
metrics = best_run.get_metrics()
assert {"confusion_matrix", "accuracy_table"} <= metrics.keys()
best_run.download_file("confusion_matrix", "confusion_matrix.json")
best_run.download_file("accuracy_table", "accuracy_table.json")
with open("confusion_matrix.json") as f:
    matrix = np.array(json.load(f)["data"]["matrix"])
assert np.isclose(np.trace(matrix) / matrix.sum(), metrics["accuracy"])
with open("accuracy_table.json") as f:
    rates = np.array(json.load(f)["data"]["probability_tables"])[1]
assert (rates.sum(axis=1) == matrix.sum()).all()
assert (rates[:, [0, 3]].sum(axis=1) == matrix[1].sum()).all()
false_alarms, hits = rates[::-1, 1] / matrix[0].sum(), rates[::-1, 0] / matrix[1].sum()
assert abs(np.trapezoid(hits, false_alarms) - metrics["AUC_weighted"]) < 0.02
best_child = remote_run.get_best_child()
best_child.download_file("residuals", "residuals.json")
best_child.download_file("predicted_true", "predicted_true.json")
with open("residuals.json") as f:
    residuals = json.load(f)["data"]
assert sum(residuals["bin_counts"]) == residuals["res_count"] == len(train_data.to_pandas_dataframe())
print("all of it went well")
