"""The service by REST alone, as its public how-to has it: tokens, lists, a compute, a pipeline, its run, a model."""

import json
import os
import time
import zipfile
from pathlib import Path

import requests
from azureml.core import Model, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineParameter
from azureml.pipeline.steps import PythonScriptStep
from outcome import note

ws = Workspace.from_config()
target = ComputeTarget.create(ws, "cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1))
Path("src").mkdir(exist_ok=True)
Path("src/say.py").write_text("import sys\nprint('said', *sys.argv[1:])\n")
step = PythonScriptStep(
    "say.py", "say", [PipelineParameter("word", "hello")], compute_target=target, source_directory="src"
)
published = Pipeline(ws, [step]).publish("Say", "says a word", "1")
Model.register(ws, "src/say.py", "script")

tenant, client, secret = (
    os.environ[f"AZUREML_SERVICE_PRINCIPAL_{name}"] for name in ("TENANT_ID", "ID", "PASSWORD")
)
form = {
    "grant_type": "client_credentials", "resource": "https://management.azure.com/", "client_id": client,
    "client_secret": secret,
}  # fmt: skip
token = requests.post(f"https://login.microsoftonline.com/{tenant}/oauth2/token", data=form).json()
header = {"Authorization": f"Bearer {token['access_token']}"}
GROUPS = f"https://management.azure.com/subscriptions/{ws.subscription_id}/resourceGroups"
PROVIDER = f"{ws.resource_group}/providers/Microsoft.MachineLearningServices/workspaces"
HERE = f"{GROUPS}/{PROVIDER}/{ws.name}"


def call(method, url, version="?api-version=2021-03-01-preview", **more):
    answer = requests.request(method, f"{url}{version}", headers=header, **more)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def names(listed):
    return sorted(one["name"] for one in listed["value"])


note(group=ws.resource_group in names(call("GET", GROUPS)))
note(workspace=ws.name in names(call("GET", f"{GROUPS}/{PROVIDER}")))
size = {
    "vmSize": "Standard_D1",
    "vmPriority": "Dedicated",
    "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1},
}
made = {"location": ws.location, "properties": {"computeType": "AmlCompute", "properties": size}}
call("PUT", f"{HERE}/computes/by-rest", json=made)
note(computes=names(call("GET", f"{HERE}/computes")))
note(compute=call("GET", f"{HERE}/computes/by-rest")["properties"]["computeType"])
call("DELETE", f"{HERE}/computes/by-rest")

api = call("GET", call("GET", HERE)["properties"]["discoveryUrl"], "")["api"]
of_workspace = f"subscriptions/{ws.subscription_id}/resourceGroups/{PROVIDER}/{ws.name}"
history, models = (f"{api}/{part}/v1.0/{of_workspace}" for part in ("history", "modelmanagement"))
body = {"ExperimentName": "by-rest", "ParameterAssignments": {"word": "hi"}, "Tags": {"from": "curl"}}
run = call("POST", published.endpoint, "", json=body)["Id"]
while call("GET", f"{history}/experiments/by-rest/runs/{run}")["status"] not in ("Completed", "Failed"):
    time.sleep(0.2)
note(experiments=names(call("GET", f"{history}/experiments")))
listed = call(
    "GET", f"{history}/experiments/by-rest/runs", "?$filter=RunType eq 'azureml.PipelineRun'&$top=5"
)
note(runs=[[one["runId"] == run, one["status"], one["tags"]] for one in listed["value"]])
note(models=names(call("GET", f"{models}/models")))
definition = {"Configuration": {
    "Script": "hello.py", "Arguments": ["234"], "Framework": "Python", "Communicator": "None", "Target": "cpu",
    "NodeCount": 1, "Environment": {
        "Python": {"InterpreterPath": "python", "CondaDependencies": {"dependencies": ["python=3.11"]}},
        "EnvironmentVariables": {"WHO": "by hand"},
    }, "History": {"OutputCollection": True},
}}  # fmt: skip
HELLO = "import os, sys, time, kept\nprint('hello', os.environ['WHO'], sys.argv[1:], flush=True)\n"
with zipfile.ZipFile("train.zip", "w") as archive:
    archive.writestr("hello.py", HELLO + "time.sleep(kept.SECONDS)\n")
    archive.writestr("kept/__init__.py", "SECONDS = 600\n")
execution = f"{api}/execution/v1.0/{of_workspace}/experiments"


def started(project):
    files = {"projectZipFile": project, "runDefinitionFile": json.dumps(definition).encode()}
    return requests.post(f"{execution}/zipped/startrun", headers=header, files=files)


run = ws.get_run(started(Path("train.zip").read_bytes()).json()["runId"])
while not (log := run.get_details_with_logs()["logFiles"].get("user_logs/std_log.txt")):
    time.sleep(0.2)
call("POST", f"{execution}/zipped/runId/{run.id}/cancel")
note(zipped=[log.strip(), run.get_status()], no_zip=started(b"text").json()["error"]["message"])
call("DELETE", f"{models}/models/script:1")
note(models_left=names(call("GET", f"{models}/models")))
