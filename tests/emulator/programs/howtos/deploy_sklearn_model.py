"""Train a scikit-learn model here, register it, deploy it to ACI: without code, and with a script of one's own."""

import json
import os

import joblib
import numpy as np
import requests
from azureml.core import Environment, Workspace
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.model import InferenceConfig, Model
from azureml.core.resource_configuration import ResourceConfiguration
from azureml.core.webservice import AciWebservice, Webservice
from azureml.exceptions import WebserviceException
from sklearn.linear_model import Ridge

ws = Workspace.from_config()
print(ws.name, ws.resource_group, ws.location, ws.subscription_id, sep="\n")

X = np.arange(40, dtype=float).reshape(20, 2)
joblib.dump(Ridge().fit(X, X.sum(axis=1)), "sklearn_regression_model.pkl")
model = Model.register(
    workspace=ws,
    model_name="my-sklearn-model",
    model_path="./sklearn_regression_model.pkl",
    model_framework=Model.Framework.SCIKITLEARN,
    model_framework_version="1.0",
    resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5),
    description="Ridge regression model",
    tags={"area": "diabetes", "type": "regression"},
)
print("Name:", model.name)
print("Version:", model.version)

service_name = "my-sklearn-service"
service = Model.deploy(ws, service_name, [model], overwrite=True)
service.wait_for_deployment(show_output=True)
input_payload = json.dumps({"data": X[:2].tolist(), "method": "predict"})
result = service.run(input_payload)
print(result)
service.delete()

os.makedirs("source_directory/x/y", exist_ok=True)
with open("source_directory/x/y/score.py", "w") as file:
    file.write("""import json
import os
import joblib
import numpy as np
from azureml.core.model import Model

def init():
    global model
    model_path = os.path.join(os.getenv("AZUREML_MODEL_DIR"), "sklearn_regression_model.pkl")
    model = joblib.load(model_path)
    assert os.path.samefile(model_path, Model.get_model_path(model_name="my-sklearn-model"))
    print("Found model:", os.path.isfile(model_path))

def run(data):
    try:
        data = np.array(json.loads(data)["data"])
        return model.predict(data).tolist()
    except Exception as error:
        return str(error)
""")
environment = Environment("my-sklearn-environment")
environment.python.conda_dependencies = CondaDependencies.create(
    pip_packages=["azureml-defaults", "joblib", "numpy", "scikit-learn"]
)
environment.register(workspace=ws)
inference_config = InferenceConfig(
    source_directory="source_directory", entry_script="x/y/score.py", environment=environment
)
aci_config = AciWebservice.deploy_configuration(
    cpu_cores=1, memory_gb=1, auth_enabled=True, enable_app_insights=True, dns_name_label="my-own-label"
)
service = Model.deploy(
    workspace=ws,
    name="my-custom-env-service",
    models=[model],
    inference_config=inference_config,
    deployment_config=aci_config,
    overwrite=True,
)
try:
    service.wait_for_deployment(show_output=True)
except WebserviceException as error:
    print(error.message)
    print(service.get_logs())
    raise

service = Webservice(name="my-custom-env-service", workspace=ws)
print(service.scoring_uri)
assert service.scoring_uri.startswith("http://my-own-label.")
primary, secondary = service.get_keys()
headers = {"Content-Type": "application/json", "Authorization": "Bearer " + primary}
answer = requests.post(service.scoring_uri, data=input_payload, headers=headers)
print(answer.status_code, answer.json())
assert np.allclose(answer.json(), X[:2].sum(axis=1), atol=0.1)
print(requests.get(service.swagger_uri).json()["paths"].keys())
print(service.get_logs(num_lines=20))
service.update(description="updated", tags={"stage": "test"}, enable_app_insights=False)
service.wait_for_deployment(True)
for name, found in ws.webservices.items():
    print(name, found.state, found.scoring_uri, found.description)
service.delete()
model.delete()
