"""Bank marketing: train with AutoML on remote compute, look at the models, deploy the best one, test it."""

import json
import logging
import os

import numpy as np
import pandas as pd
import requests
from azureml.automl.core.featurization import FeaturizationConfig
from azureml.core import Dataset, Run
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.compute_target import ComputeTargetException
from azureml.core.experiment import Experiment
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice
from azureml.core.workspace import Workspace
from azureml.train.automl import AutoMLConfig, constants
from sklearn.metrics import accuracy_score, confusion_matrix

ws = Workspace.from_config()
experiment = Experiment(ws, "automl-classification-bmarketing")
output = {"Subscription ID": ws.subscription_id, "Workspace Name": ws.name, "Location": ws.location}
print(pd.DataFrame(data=output, index=[""]).T)

cpu_cluster_name = "cpu-cluster-4"
try:
    compute_target = ComputeTarget(workspace=ws, name=cpu_cluster_name)
    print("Found existing cluster, use it.")
except ComputeTargetException:
    compute_config = AmlCompute.provisioning_configuration(vm_size="STANDARD_DS12_V2", max_nodes=6)
    compute_target = ComputeTarget.create(ws, cpu_cluster_name, compute_config)
compute_target.wait_for_completion(show_output=True)

source = "https://automlsamplenotebookdata.blob.core.windows.net/automl-sample-notebook-data/bankmarketing_train.csv"
dataset = Dataset.Tabular.from_delimited_files(source)
data = dataset.to_pandas_dataframe()
rng = np.random.RandomState(42)
data.loc[rng.rand(len(data)) < 0.1, "age"] = np.nan
os.makedirs("data", exist_ok=True)
data.to_csv("data/train_data.csv", index=False)
ds = ws.get_default_datastore()
ds.upload(src_dir="./data", target_path="bankmarketing", overwrite=True, show_progress=True)
train_data = Dataset.Tabular.from_delimited_files(path=ds.path("bankmarketing/train_data.csv"))
train_data, test_data = train_data.random_split(percentage=0.8, seed=223)
train_data, validation_dataset = train_data.random_split(percentage=0.8, seed=223)
label = "y"

automl_settings = {
    "experiment_timeout_hours": 0.3,
    "enable_early_stopping": True,
    "iteration_timeout_minutes": 5,
    "max_concurrent_iterations": 4,
    "max_cores_per_iteration": -1,
    "primary_metric": "AUC_weighted",
    "verbosity": logging.INFO,
}
automl_config = AutoMLConfig(
    task="classification",
    debug_log="automl_errors.log",
    compute_target=compute_target,
    experiment_exit_score=0.9984,
    blocked_models=["KNN", "LinearSVM"],
    featurization=FeaturizationConfig(),
    enable_onnx_compatible_models=True,
    training_data=train_data,
    validation_data=validation_dataset,
    label_column_name=label,
    model_explainability=True,
    iterations=4,
    **automl_settings,
)
remote_run = experiment.submit(automl_config, show_output=False)
print(remote_run)
remote_run.wait_for_completion()

metricslist = {}
for run in remote_run.get_children():
    properties = run.get_properties()
    metrics = {k: v for k, v in run.get_metrics().items() if isinstance(v, float)}
    metricslist[int(properties["iteration"])] = metrics
print(pd.DataFrame(metricslist).sort_index(axis=1))

best_run, fitted_model = remote_run.get_output()
summary = fitted_model.named_steps["datatransformer"].get_featurization_summary()
print(pd.DataFrame.from_records(summary))
explain_run = Run(experiment=experiment, run_id=remote_run.id + "_" + "ModelExplain")
explain_run.wait_for_completion()

best_run, onnx_mdl = remote_run.get_output(return_onnx_model=True)
from azureml.automl.runtime.onnx_convert import OnnxConverter, OnnxInferenceHelper  # noqa: E402

OnnxConverter.save_onnx_model(onnx_mdl, "./best_model.onnx")
best_run.download_file(name=constants.MODEL_RESOURCE_PATH_ONNX, output_file_path="onnx_resource.json")
with open("onnx_resource.json") as f:
    onnx_result = json.load(f)
onnxrt_helper = OnnxInferenceHelper(onnx_mdl.SerializeToString(), onnx_result)
test_df = test_data.to_pandas_dataframe()
pred_onnx, pred_prob_onnx = onnxrt_helper.predict(test_df)
assert (pred_onnx == fitted_model.predict(test_df.drop(columns=[label]))).all()
assert np.allclose(pred_prob_onnx.sum(axis=1), 1)

model_name = best_run.properties["model_name"]
script_file_name = "inference/score.py"
best_run.download_file("outputs/scoring_file_v_1_0_0.py", script_file_name)
model = remote_run.register_model(model_name=model_name, description="Bank marketing", tags=None)
print(remote_run.model_id)

inference_config = InferenceConfig(environment=best_run.get_environment(), entry_script=script_file_name)
aciconfig = AciWebservice.deploy_configuration(
    cpu_cores=2, memory_gb=2, tags={"area": "bmData", "type": "automl_classification"}, description="sample"
)
aci_service_name = model_name.lower()
print(aci_service_name)
aci_service = Model.deploy(ws, aci_service_name, [model], inference_config, aciconfig)
aci_service.wait_for_deployment(True)
print(aci_service.state)

X_test = test_data.to_pandas_dataframe()
y_test = X_test.pop(label)
payload = '{"data": ' + X_test.to_json(orient="records") + "}"
headers = {"Content-Type": "application/json"}
resp = requests.post(aci_service.scoring_uri, payload, headers=headers)
y_pred = json.loads(json.loads(resp.text))["result"]
assert (np.array(y_pred) == fitted_model.predict(X_test)).all()
print(confusion_matrix(y_test, y_pred))
print("Accuracy:", accuracy_score(y_test, y_pred))
aci_service.get_logs()
aci_service.delete()
