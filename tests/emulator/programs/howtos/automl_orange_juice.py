"""Orange juice sales: forecast many series, roll the forecast on a cluster, deploy it."""

import json
import logging
import os

import numpy as np
import pandas as pd
from azureml.automl.core.featurization import FeaturizationConfig
from azureml.automl.core.forecasting_parameters import ForecastingParameters
from azureml.automl.core.shared import constants
from azureml.automl.runtime.shared.score import constants as metrics_constants
from azureml.automl.runtime.shared.score import scoring
from azureml.core import Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice
from azureml.data.dataset_factory import TabularDatasetFactory
from azureml.train.automl import AutoMLConfig

SCRIPT = """
import argparse
import os

import azureml.train.automl.runtime
import joblib
import pandas as pd
from azureml.core import Dataset, Run

parser = argparse.ArgumentParser()
parser.add_argument("--target_column_name", type=str, dest="target_column_name")
parser.add_argument("--test_dataset", type=str, dest="test_dataset")
args = parser.parse_args()
run = Run.get_context()
test_dataset = Dataset.get_by_id(run.experiment.workspace, id=args.test_dataset)
X_test = test_dataset.drop_columns(columns=[args.target_column_name]).to_pandas_dataframe().reset_index(drop=True)
y_test = (
    test_dataset.with_timestamp_columns(None).keep_columns(columns=[args.target_column_name]).to_pandas_dataframe()
)
fitted_model = joblib.load("model.pkl")
X_rf = fitted_model.rolling_forecast(X_test, y_test.to_numpy(), step=1)
assign_dict = {
    fitted_model.forecast_origin_column_name: "forecast_origin",
    fitted_model.forecast_column_name: "predicted",
    fitted_model.actual_column_name: args.target_column_name,
}
X_rf.rename(columns=assign_dict, inplace=True)
os.makedirs("results", exist_ok=True)
X_rf.to_csv("results/predictions.csv", header=True)
run.upload_file(name="outputs/predictions.csv", path_or_stream="results/predictions.csv")
"""
ws = Workspace.from_config()
experiment = Experiment(ws, "automl-ojforecasting")
compute_config = AmlCompute.provisioning_configuration(vm_size="STANDARD_D12_V2", max_nodes=6)
compute_target = ComputeTarget.create(ws, "oj-cluster", compute_config)
compute_target.wait_for_completion(show_output=True)

time_column_name, target_column_name = "WeekStarting", "Quantity"
time_series_id_column_names = ["Store", "Brand"]
rng = np.random.default_rng(4)
weeks = pd.date_range("2023-01-05", periods=60, freq="W-THU")
parts = []
for store in (2, 5):
    for brand in ("dominicks", "tropicana"):
        price = rng.choice([1.6, 2.1, 2.6], len(weeks))
        quantity = (9000 + 2000 * store - 3000 * price + rng.normal(0, 150, len(weeks))).round()
        parts.append(pd.DataFrame({"WeekStarting": weeks, "Store": store, "Brand": brand, "Quantity": quantity,
                                   "logQuantity": np.log(quantity), "Advert": rng.integers(0, 2, len(weeks)),
                                   "Price": price, "INCOME": 10.5, "CPWVOL5": 0.4}))  # fmt: skip
data = pd.concat(parts, ignore_index=True)
data.loc[rng.random(len(data)) < 0.05, "Price"] = np.nan
n_test_periods = 8
train = data.groupby(time_series_id_column_names, group_keys=False).head(len(weeks) - n_test_periods)
test = data.groupby(time_series_id_column_names, group_keys=False).tail(n_test_periods)

datastore = ws.get_default_datastore()
train_dataset = TabularDatasetFactory.register_pandas_dataframe(
    train, target=(datastore, "dataset/"), name="dominicks_OJ_train"
)
test_dataset = TabularDatasetFactory.register_pandas_dataframe(
    test, target=(datastore, "dataset/"), name="dominicks_OJ_test"
)
print(train_dataset.to_pandas_dataframe().tail())

featurization_config = FeaturizationConfig()
featurization_config.drop_columns = ["logQuantity"]
featurization_config.add_column_purpose("CPWVOL5", "Numeric")
featurization_config.add_transformer_params(
    "Imputer", ["Quantity"], {"strategy": "constant", "fill_value": 0}
)
featurization_config.add_transformer_params("Imputer", ["INCOME"], {"strategy": "median"})
featurization_config.add_transformer_params("Imputer", ["Price"], {"strategy": "ffill"})
forecasting_parameters = ForecastingParameters(
    time_column_name=time_column_name,
    forecast_horizon=4,
    time_series_id_column_names=time_series_id_column_names,
    freq="W-THU",
    cv_step_size="auto",
)
automl_config = AutoMLConfig(
    task="forecasting",
    debug_log="automl_oj_sales_errors.log",
    primary_metric="normalized_mean_absolute_error",
    experiment_timeout_hours=0.25,
    training_data=train_dataset,
    label_column_name=target_column_name,
    compute_target=compute_target,
    enable_early_stopping=True,
    featurization=featurization_config,
    n_cross_validations="auto",
    verbosity=logging.INFO,
    max_cores_per_iteration=-1,
    forecasting_parameters=forecasting_parameters,
    iterations=3,
)
remote_run = experiment.submit(automl_config, show_output=False)
remote_run.wait_for_completion()
best_run = remote_run.get_best_child()
model_name = best_run.properties["model_name"]
best_run.download_file("outputs/engineered_feature_names.json", "engineered_feature_names.json")
with open("engineered_feature_names.json") as f:
    assert "past values of Quantity" in json.load(f)
best_run.download_file("outputs/featurization_summary.json", "featurization_summary.json")
with open("featurization_summary.json") as f:
    fs = pd.DataFrame.from_records(json.load(f))
print(fs[["RawFeatureName", "TypeDetected", "Dropped", "EngineeredFeatureCount", "Transformations"]])

test_experiment = Experiment(ws, experiment.name + "_inference")
os.makedirs("forecast", exist_ok=True)
with open("forecast/forecasting_script.py", "w") as f:
    f.write(SCRIPT)
best_run.download_file("outputs/model.pkl", "forecast/model.pkl")
inference_env = best_run.get_environment()
assert isinstance(inference_env, Environment)
config = ScriptRunConfig(
    source_directory="forecast",
    script="forecasting_script.py",
    arguments=["--target_column_name", target_column_name,
               "--test_dataset", test_dataset.as_named_input(test_dataset.name)],
    compute_target=compute_target,
    environment=inference_env,
)  # fmt: skip
remote_run_infer = test_experiment.submit(
    config,
    tags={
        "training_run_id": best_run.id,
        "run_algorithm": best_run.properties["run_algorithm"],
        "valid_score": best_run.properties["score"],
        "primary_metric": best_run.properties["primary_metric"],
    },
)
remote_run_infer.log("run_algorithm", remote_run_infer.tags["run_algorithm"])
remote_run_infer.wait_for_completion(show_output=False)
remote_run_infer.download_file("outputs/predictions.csv", "predictions.csv")
fcst_df = pd.read_csv("predictions.csv", parse_dates=[time_column_name])
print("forecasts", len(fcst_df), "origins", fcst_df["forecast_origin"].nunique())
scores = scoring.score_regression(
    y_test=fcst_df[target_column_name],
    y_pred=fcst_df["predicted"],
    metrics=list(constants.Metric.SCALAR_REGRESSION_SET),
)
assert scores.keys() == metrics_constants.REGRESSION_SCALAR_SET
for key, value in scores.items():
    print(f"{key}:   {value:.3f}")
assert scores["mean_absolute_percentage_error"] < 20
fitted_model = remote_run.get_output()[1]
fitted_model.quantiles = [0.025, 0.5, 0.975]
pred_quantiles = fitted_model.forecast_quantiles(
    test.drop(columns=[target_column_name]).reset_index(drop=True)
)
assert (pred_quantiles[0.025] < pred_quantiles[0.975]).all()

script_file_name = "score_fcast.py"
best_run.download_file("outputs/scoring_file_v_1_0_0.py", script_file_name)
model = remote_run.register_model(model_name=model_name, description="Dominicks OJ forecaster", tags=None)
inference_config = InferenceConfig(environment=best_run.get_environment(), entry_script=script_file_name)
aciconfig = AciWebservice.deploy_configuration(
    cpu_cores=2,
    memory_gb=4,
    tags={"type": "automl-forecasting"},
    description="Automl forecasting sample service",
)
aci_service = Model.deploy(ws, "automl-oj-forecast-03", [model], inference_config, aciconfig)
aci_service.wait_for_deployment(True)
X_query = test.drop(columns=[target_column_name, "logQuantity"])
X_query[time_column_name] = X_query[time_column_name].astype(str)
X_query = X_query.astype(object).where(X_query.notna(), None)
asked = {
    "Inputs": {"data": X_query.to_dict(orient="records")},
    "GlobalParameters": {"quantiles": [0.025, 0.975]},
}
response = aci_service.run(input_data=json.dumps(asked))
res_dict = json.loads(response) if isinstance(response, str) else response
if "Results" in res_dict:
    res_dict = res_dict["Results"]
y_fcst_all = pd.DataFrame(res_dict["index"])
y_fcst_all[time_column_name] = pd.to_datetime(y_fcst_all[time_column_name], unit="ms")
y_fcst_all["forecast"] = res_dict["forecast"]
y_fcst_all["prediction_interval"] = res_dict["prediction_interval"]
low, high = json.loads(y_fcst_all["prediction_interval"][0])
assert low < y_fcst_all["forecast"][0] < high
assert len(y_fcst_all) == len(test)
print(y_fcst_all.head())
aci_service.delete()
