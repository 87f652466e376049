"""Controlled rollout: two versions of a model behind one AKS endpoint, traffic moved from one to the other."""

import json
from collections import Counter

from azureml.core import Environment, Workspace
from azureml.core.compute import AksCompute, ComputeTarget
from azureml.core.model import InferenceConfig, Model
from azureml.core.webservice import AksEndpoint

ws = Workspace.from_config()
prov_config = AksCompute.provisioning_configuration()
prov_config.enable_ssl(leaf_domain_label="contoso", overwrite_existing_domain=True)
aks_target = ComputeTarget.create(workspace=ws, name="myaks", provisioning_configuration=prov_config)
aks_target.wait_for_completion(show_output=True)
print(aks_target.provisioning_state, aks_target.provisioning_errors)

models = {}
for version in ("one", "two"):
    with open("answer.json", "w") as file:
        json.dump({"version": version}, file)
    models[version] = Model.register(workspace=ws, model_path="answer.json", model_name="answers")

with open("score.py", "w") as file:
    file.write("""import json, os

def init():
    global answer
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "answer.json")) as file:
        answer = json.load(file)

def run(data):
    return {**answer, "got": json.loads(data)}
""")
inference_config = InferenceConfig(entry_script="score.py", environment=Environment("endpoint-env"))
endpoint_deployment_config = AksEndpoint.deploy_configuration(
    cpu_cores=0.1,
    memory_gb=0.2,
    enable_app_insights=True,
    tags={"sectionname": "traffic"},
    description="answers",
    version_name="version1",
    traffic_percentile=20,
)
endpoint = Model.deploy(
    ws, "answers-endpoint", [models["one"]], inference_config, endpoint_deployment_config, aks_target
)
endpoint.wait_for_deployment(show_output=True)
print(endpoint.run(json.dumps([1])))

endpoint.create_version(
    version_name="version2",
    inference_config=inference_config,
    models=[models["two"]],
    tags={"modelVersion": "b"},
    description="my second version",
    traffic_percentile=50,
)
endpoint.wait_for_deployment(True)
print(Counter(endpoint.run("1")["version"] for _ in range(40)))
for name, version in endpoint.versions.items():
    print(name, version.traffic_percentile, version.is_default, [m.version for m in version.models])

endpoint.update_version(
    version_name="version2",
    description="the new default",
    tags={"modelVersion": "c"},
    traffic_percentile=100,
    is_default=True,
)
endpoint.wait_for_deployment(True)
endpoint.update_version(version_name="version1", traffic_percentile=0)
endpoint.wait_for_deployment(True)
assert {endpoint.run("1")["version"] for _ in range(20)} == {"two"}
endpoint.delete_version(version_name="version1")
endpoint.wait_for_deployment(True)
assert list(endpoint.versions) == ["version2"]
assert endpoint.scoring_uri.startswith("https://contoso")
print(endpoint.get_keys()[0] != "", endpoint.scoring_uri, endpoint.swagger_uri)
endpoint.delete()
print("versions are gone:", not ws.webservices.get("answers-endpoint"))
