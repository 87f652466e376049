"""Deploy a script whose run() is decorated with inference-schema: typed arguments, and Swagger that says so."""

import json

import joblib
import numpy as np
import pandas as pd
import requests
from azureml.core import Environment, Workspace
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AciWebservice
from sklearn.linear_model import LinearRegression

SCORE = """
import os

import joblib
import numpy as np
import pandas as pd
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "line.pkl"))


rows = pd.DataFrame({"x": [1.5], "label": ["a"]})


@input_schema("Inputs", PandasParameterType(rows, enforce_shape=False))
@input_schema("GlobalParameters", StandardPythonParameterType({"factor": 1.0}))
@output_schema(NumpyParameterType(np.array([1.5])))
def run(Inputs, GlobalParameters):
    assert isinstance(Inputs, pd.DataFrame)
    return (model.predict(Inputs[["x"]]) * GlobalParameters["factor"]).tolist()
"""

ws = Workspace.from_config()
x = pd.DataFrame({"x": np.arange(10.0)})
joblib.dump(LinearRegression().fit(x, 3 * x["x"]), "line.pkl")
model = Model.register(ws, "line.pkl", "line")
with open("score.py", "w") as file:
    file.write(SCORE)

environment = Environment("with-schema")
environment.python.conda_dependencies.add_pip_package("inference-schema[numpy-support,pandas-support]")
inference_config = InferenceConfig(entry_script="score.py", environment=environment)
deployment_config = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1, auth_enabled=True)
service = Model.deploy(ws, "line-service", [model], inference_config, deployment_config, overwrite=True)
service.wait_for_deployment(show_output=True)

payload = {
    "Inputs": [{"x": 2.0, "label": "b"}, {"x": 4.0, "label": "a"}],
    "GlobalParameters": {"factor": 10.0},
}
answer = service.run(json.dumps(payload))
described = requests.get(service.swagger_uri, timeout=30).json()
inputs = described["definitions"]["ServiceInput"]
headers = {"Authorization": f"Bearer {service.get_keys()[0]}"}
refused = requests.post(service.scoring_uri, json={"Inputs": [{"x": 1.0}]}, headers=headers, timeout=30)
print(np.round(answer, 6).tolist(), sorted(inputs["properties"]), inputs["example"], refused.status_code)
service.delete()
