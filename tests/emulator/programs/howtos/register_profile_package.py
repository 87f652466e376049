"""Register a model with its sample data, profile it, package it, and deploy it in several ways."""

import json
import os

import joblib
import numpy as np
import pandas as pd
from azureml.core import Dataset, Environment, Model, Webservice, Workspace
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.model import InferenceConfig
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.core.webservice import AciWebservice
from sklearn.linear_model import Ridge

ws = Workspace.from_config()
datastore = ws.get_default_datastore()
X = np.arange(40, dtype=float).reshape(20, 2)
joblib.dump(Ridge().fit(X, X.sum(axis=1)), "sklearn_regression_model.pkl")
np.savetxt("features.csv", X, delimiter=",", header="a,b", comments="")
np.savetxt("labels.csv", X.sum(axis=1), delimiter=",", header="y", comments="")
datastore.upload_files(
    files=["./features.csv", "./labels.csv"], target_path="sklearn_regression/", overwrite=True
)
input_dataset = Dataset.Tabular.from_delimited_files(path=[(datastore, "sklearn_regression/features.csv")])
output_dataset = Dataset.Tabular.from_delimited_files(path=[(datastore, "sklearn_regression/labels.csv")])
model = Model.register(
    workspace=ws, model_name="my-sklearn-model", model_path="./sklearn_regression_model.pkl",
    model_framework=Model.Framework.SCIKITLEARN, model_framework_version="1.0",
    sample_input_dataset=input_dataset, sample_output_dataset=output_dataset,
    resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    description="Ridge regression model", tags={"area": "diabetes", "type": "regression"},
)  # fmt: skip
print("Name:", model.name, "Version:", model.version)
assert model.sample_input_dataset.to_pandas_dataframe().shape == (20, 2)
assert [m.id for m in Model.list(ws, tags=[["area", "diabetes"]], latest=True)] == [model.id]

with open("score.py", "w") as file:
    file.write("""import json
import os

import joblib
import numpy as np


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "sklearn_regression_model.pkl"))


def run(data):
    return model.predict(np.array(json.loads(data)["data"])).tolist()
""")
environment = Environment("my-sklearn-environment")
environment.python.conda_dependencies = CondaDependencies.create(
    conda_packages=["pip==22.3.1"], pip_packages=["azureml-defaults", "joblib", "numpy", "scikit-learn"]
)
inference_config = InferenceConfig(entry_script="./score.py", environment=environment)

rows = pd.DataFrame({"sample": [json.dumps({"data": [row.tolist()]}) for row in X]})
rows.to_csv("sample_request_data.csv", index=False)
datastore.upload_files(["./sample_request_data.csv"], target_path="profile/", overwrite=True)
sample_input = Dataset.Tabular.from_delimited_files(
    (datastore, "profile/sample_request_data.csv"), separator=";"
)
profile = Model.profile(
    ws, "sklearn-profile", [model], inference_config, input_dataset=sample_input, cpu=1.0, memory_in_gb=0.5
)
profile.wait_for_completion(True)
details = profile.get_details()
print(details)
assert (details["state"], details["totalQueries"], details["successRate"]) == ("Succeeded", 20, 100)
assert 0 < details["latencyPercentile50InMs"] <= details["latencyPercentile99InMs"]
assert details["maxUtilizedMemoryInGB"] <= details["recommendedMemoryInGB"]

package = Model.package(ws, [model], inference_config)
package.wait_for_creation(show_output=True)
print(package.location)
package = Model.package(ws, [model], inference_config, generate_dockerfile=True)
package.wait_for_creation(show_output=True)
package.save("./imagefiles")
with open("imagefiles/Dockerfile") as file:
    print(file.read())
found = [name for _, _, names in os.walk("imagefiles") for name in names]
assert {"sklearn_regression_model.pkl", "score.py", "environment.yml"} <= set(found)

service = Model.deploy(
    ws, "sklearn-one", [model], inference_config, AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)
)
service.wait_for_deployment(True)
try:
    model.delete()
except Exception as error:  # noqa: BLE001
    print("sklearn-one" in str(error))
service.update(tags={"new": "tag"}, properties={"kept": "property"})
service.wait_for_deployment()
service.add_tags({"another": "tag"})
service.remove_tags(["new"])
print(Webservice(ws, "sklearn-one").tags, service.run(json.dumps({"data": X[:1].tolist()})))
service.delete()
model.delete()
print("models left:", len(Model.list(ws)))
