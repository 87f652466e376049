"""A published pipeline as Data Factory and Logic Apps trigger it: their names, in any case, and a run above it."""

import os
from pathlib import Path

import requests
from azureml.core import Dataset, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data.datapath import DataPath, DataPathComputeBinding
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.pipeline.core import Pipeline, PipelineParameter, PipelineRun
from azureml.pipeline.steps import PythonScriptStep
from outcome import note

LOOK = """
import os, sys, time
print("saw", *(os.listdir(folder) for folder in sys.argv[2:]))
time.sleep(int(sys.argv[1]))
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(ws, "cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1))
Path("src").mkdir(exist_ok=True)
Path("src/look.py").write_text(LOOK)
for name in ("monday", "tuesday"):
    Path(name).mkdir(exist_ok=True)
    Path(name, f"{name}.csv").write_text("a\n1\n")
    store.upload(name, name, overwrite=True, show_progress=False)
day = (PipelineParameter("day", DataPath(store, "monday")), DataPathComputeBinding())
files = PipelineParameter("files", Dataset.File.from_files((store, "monday")))
mounted = DatasetConsumptionConfig("files", files).as_mount()
look = PythonScriptStep(
    "look.py", "look", [PipelineParameter("seconds", 0), day, mounted], inputs=[day, mounted],
    compute_target=target, source_directory="src",
)  # fmt: skip
published = Pipeline(ws, [look]).publish("look at days", "a day", "1", continue_on_step_failure=False)
secrets = [os.environ[f"AZUREML_SERVICE_PRINCIPAL_{name}"] for name in ("TENANT_ID", "ID", "PASSWORD")]
header = ServicePrincipalAuthentication(*secrets).get_authentication_header()


def asked(**body):
    return requests.post(published.endpoint, headers=header, json=body).json()


above = asked()["Id"]
tuesday = Dataset.File.from_files((store, "tuesday"))._ensure_saved(ws)
answer = asked(
    experimentName="factory",
    dataPathAssignments={"day": {"dataStoreName": store.name, "relativePath": "tuesday"}},
    dataSetDefinitionValueAssignments={"files": {"savedDataSetReference": {"id": tuesday}}},
    continueOnStepFailure=True,
    parentRunId=above,
    properties={"factory": "nightly"},
)
run = PipelineRun(ws.experiments["factory"], answer["Id"])
run.wait_for_completion(show_output=False, raise_on_error=False)
note(log=run.find_step_run("look")[0].get_stdout_log().splitlines(), above=run.parent.id == above)
note(told=answer["ParameterAssignments"], properties=run.get_properties())
wrong = (
    {"DataPathAssignments": "tuesday"},
    {"DataPathAssignments": {"day": "tuesday"}},
    {"ExperimentName": "look at days"},
    {"ExperimentName": ["a", "b"]},
    {"ParameterAssignments": {"seconds": [0, 1]}},
)
note(refused=[asked(**body)["error"]["message"] for body in wrong])
unread = (b'{"ExperimentName": "caf\xe9"}', b'{"Deep":' * 100_000)
answers = [requests.post(published.endpoint, headers=header, data=body).json() for body in unread]
note(unread=[answer["error"]["code"] for answer in answers])

REGION = f"https://{ws.location}"
GROUP = f"/subscriptions/{ws.subscription_id}/resourceGroups/{ws.resource_group}"
HERE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{ws.name}"
history, pipelines = f".api.azureml.ms/history/v1.0{HERE}", f".api.azureml.ms/pipelines/v1.0{HERE}"


def called(method, path, **more):
    return requests.request(method, REGION + path, headers=header, **more)


submit = f".aether.ms/api/v1.0{HERE}/PipelineRuns/PipelineSubmit/{published.id}"
started = called("POST", submit, json={"ParameterAssignments": {"seconds": 600}}).json()["Id"]
active = called(
    "POST", f"{history}/experiments/look-at-days/runs:query", json={"filter": "Status eq Running"}
).json()
note(active=started in [one["runId"] for one in active["value"]])
note(canceled=called("POST", f"{pipelines}/PipelineRuns/{started}/Cancel").status_code)
note(details=called("GET", f"{history}/runs/{started}/details").json()["status"])
