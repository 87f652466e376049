"""AutoML without a cluster, forecasts to a date, and a search that is cancelled as soon as it has found something."""

import logging
import time

import numpy as np
import pandas as pd
from azureml.automl.core.featurization import FeaturizationConfig
from azureml.automl.core.forecasting_parameters import ForecastingParameters
from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.train.automl import AutoMLConfig

ws = Workspace.from_config()
store = ws.get_default_datastore()
rng = np.random.default_rng(5)
flowers = pd.DataFrame({"petal": rng.normal(size=150), "colour": rng.choice(["red", "blue"], 150)})
flowers["kind"] = np.where(flowers.petal + rng.normal(0, 0.4, 150) > 0, "big", "small")
settings = {
    "task": "classification", "primary_metric": "accuracy", "label_column_name": "kind", "iterations": 1,
    "enable_voting_ensemble": False, "enable_stack_ensemble": False, "verbosity": logging.INFO,
}  # fmt: skip
experiment = Experiment(ws, "automl-local-classification")
local_config = AutoMLConfig(
    training_data=flowers[:110], validation_data=flowers[110:], debug_log="automl.log", path=".", **settings
)
local_run = experiment.submit(local_config, show_output=False)
best_run, fitted_model = local_run.get_output()
print("local:", local_run.get_status(), fitted_model.predict(flowers[["petal", "colour"]]).shape)

cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
cluster.wait_for_completion()
registered = Dataset.Tabular.register_pandas_dataframe(
    flowers, (store, "flowers"), "flowers", show_progress=False
)
long_config = AutoMLConfig(
    training_data=registered, compute_target=cluster, n_cross_validations=2, **{**settings, "iterations": 500}
)
long_run = experiment.submit(long_config)

days = pd.DataFrame(
    {"date": np.tile(pd.date_range("2000-01-01", periods=40), 2), "series": ["ts0"] * 40 + ["ts1"] * 40}
)
days["y"] = days.groupby("series").cumcount() % 7 + 10.0 * (days.series == "ts1") + rng.normal(0, 0.1, 80)
days["external"] = rng.normal(size=80)
training = Dataset.Tabular.register_pandas_dataframe(days, (store, "days"), "days", show_progress=False)
featurization_config = FeaturizationConfig()
featurization_config.add_transformer_params("Imputer", ["external"], {"strategy": "ffill"})
parameters = ForecastingParameters(
    time_column_name="date", forecast_horizon=6, time_series_id_column_names=["series"], freq="D",
    target_lags=[1, 7], validate_parameters=True,
)  # fmt: skip
forecast_config = AutoMLConfig(
    task="forecasting", primary_metric="normalized_root_mean_squared_error", training_data=training,
    label_column_name="y", compute_target=cluster, n_cross_validations=2, iterations=1, verbosity=logging.INFO,
    experiment_timeout_hours=0.25, featurization=featurization_config, forecasting_parameters=parameters,
)  # fmt: skip
remote_run = Experiment(ws, "automl-forecast-function").submit(forecast_config, show_output=False)
while not [child for child in long_run.get_children() if child.status == "Completed"]:
    time.sleep(1)
long_run.cancel()
long_run.wait_for_completion()
found = long_run.get_output()[0]
print("cancelled:", long_run.get_status(), "with a model:", "outputs/model.pkl" in found.get_file_names())

remote_run.wait_for_completion()
consumed = remote_run.get_details()["inputDatasets"]
print("trained on", [(one["dataset"].name, one["consumptionDetails"]["inputName"]) for one in consumed])
fitted = remote_run.get_output()[1]
columns = fitted.named_steps["timeseriestransformer"].get_featurization_summary()
print({column["RawFeatureName"]: column["TypeDetected"] for column in columns})
y_horizon, _ = fitted.forecast()
y_until, shown = fitted.forecast(forecast_destination=pd.Timestamp("2000-02-20"))
X_test = pd.DataFrame({"date": pd.date_range("2000-02-10", periods=3), "series": "ts0", "external": 0.0})
y_further, _ = fitted.forecast(X_test, forecast_destination=pd.Timestamp("2000-02-14"))
per_series = shown.groupby("series")["_automl_target_col"].agg(["size", "mean"]).round()
print("forecasts", len(y_horizon), len(y_until), len(y_further), per_series.values.tolist())
