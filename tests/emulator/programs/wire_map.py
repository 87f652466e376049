"""The calls of the SDK one by one, in the blocks of the wire map: which come back with what they promise."""

import os
from pathlib import Path

import pandas as pd
import requests
from azureml.core import (
    Dataset,
    Datastore,
    Environment,
    Experiment,
    Model,
    Run,
    ScriptRunConfig,
    Webservice,
    Workspace,
)
from azureml.core.authentication import (
    InteractiveLoginAuthentication,
    MsiAuthentication,
    ServicePrincipalAuthentication,
    TokenAuthentication,
)
from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget
from azureml.core.model import InferenceConfig
from azureml.core.webservice import AciWebservice, AksEndpoint, AksWebservice
from azureml.pipeline.core import (
    Pipeline,
    PipelineData,
    PipelineEndpoint,
    PipelineParameter,
    PublishedPipeline,
    Schedule,
    ScheduleRecurrence,
)
from azureml.pipeline.steps import PythonScriptStep
from outcome import note, refused

passed, failed = [], {}
os.environ["AZUREML_DEFAULT_RETRIES"] = "0"


def call(name, what, expected=lambda _: True):
    """Make the call; it passes where it raises nothing and the answer is as expected."""
    try:
        answer = what()
        if not expected(answer):
            raise AssertionError(f"answered {answer!r}")
        passed.append(name)
    except Exception as error:  # noqa: BLE001 - whatever is wrong is told
        failed[name] = f"{type(error).__name__}: {error}"[:300]
        return None
    return answer


def refusal(name, what, text):
    call(name, lambda: refused(what), lambda message: text in message)


ws = Workspace.from_config()
env = {k.removeprefix("AZUREML_SERVICE_PRINCIPAL_"): v for k, v in os.environ.items() if "PRINCIPAL" in k}
tenant, client, secret = env["TENANT_ID"], env["ID"], env["PASSWORD"]
names = (ws.subscription_id, ws.resource_group, ws.name)
principal = ServicePrincipalAuthentication(tenant, client, secret)
bearer = principal.get_authentication_header()
token = bearer["Authorization"].split()[1]


# 2.1 signing in
def signed_in(auth):
    return lambda: Workspace(*names, auth=auth).name


call("auth: service principal", signed_in(principal))
call("auth: token", signed_in(TokenAuthentication(lambda _: token)))
call("auth: managed identity", signed_in(MsiAuthentication()))
call("auth: interactive, with variables", signed_in(InteractiveLoginAuthentication(tenant_id=tenant)))
wrong = ServicePrincipalAuthentication(tenant, client, "wrong", _enable_caching=False)
refusal("auth: wrong secret", wrong.get_authentication_header, "AADSTS7000215")

# 2.2 workspaces
call("Workspace.get", lambda: Workspace.get(ws.name, subscription_id=names[0], resource_group=names[1]))
refusal(
    "Workspace.get: missing",
    lambda: Workspace.get("no", subscription_id=names[0], resource_group="x"),
    "not found",
)
call("Workspace.list", lambda: Workspace.list(names[0]), lambda found: ws.name in found)
call("Workspace.list(group)", lambda: Workspace.list(names[0], resource_group=names[1]), len)
call("get_details", ws.get_details, lambda d: d["keyVault"])
call(
    "list_keys",
    lambda: requests.post(
        f"https://management.azure.com{ws.get_details()['id']}/listKeys?api-version=2022-05-01",
        headers=bearer,
    ),
    lambda a: a.ok,
)
vault = ws.get_default_keyvault()
call("set_secret", lambda: vault.set_secret("a", "1"))
call("get_secret", lambda: vault.get_secret("a"), lambda value: value == "1")
call("list_secrets", vault.list_secrets, lambda found: found == [{"name": "a"}])
call("Workspace.update", lambda: ws.update(friendly_name="map", tags={"a": "b"}))
call(
    "Workspace.create",
    lambda: Workspace.create(
        "map-second", subscription_id=names[0], resource_group="map-rg", location="eastus2", show_output=False
    ),
)
call(
    "Workspace.delete",
    lambda: Workspace.get("map-second", subscription_id=names[0], resource_group="map-rg").delete(),
)
call("write_config", ws.write_config)

# 3.1 datastores and blobs
store = call("get_default_datastore", ws.get_default_datastore)
call("Workspace.datastores", lambda: sorted(ws.datastores), len)
call("Datastore.get", lambda: Datastore.get(ws, "workspaceblobstore").name)
refusal("Datastore.get: missing", lambda: Datastore.get(ws, "nope"), "Could not find datastore")
mine = call(
    "register_azure_blob_container",
    lambda: Datastore.register_azure_blob_container(
        ws, "mine", container_name="mine", account_name="mine", account_key="a2V5"
    ),
)
call("set_as_default", lambda: (mine.set_as_default(), ws.set_default_datastore("workspaceblobstore")))
Path("t").mkdir(exist_ok=True)
pd.DataFrame({"a": range(9), "b": list("xyz") * 3}).to_csv("t/t.csv", index=False)
call("upload_files", lambda: store.upload_files(["t/t.csv"], overwrite=True, show_progress=False))
call("upload", lambda: store.upload("t", "up", overwrite=True, show_progress=False))
call("download", lambda: store.download("down", prefix="up", show_progress=False), lambda count: count == 1)
call("Datastore.unregister", lambda: mine.unregister())

# 3.2 datasets
table = call("from_delimited_files", lambda: Dataset.Tabular.from_delimited_files((store, "t.csv")))
call("to_pandas_dataframe", table.to_pandas_dataframe, lambda frame: frame.shape == (9, 2))
call("take", lambda: table.take(2).to_pandas_dataframe(), lambda frame: len(frame) == 2)
call("random_split", lambda: table.random_split(0.5, seed=1))
kept = call("register", lambda: table.register(ws, "table"))
refusal("register: taken", lambda: table.take(1).register(ws, "table"), "already")
call(
    "register: new version",
    lambda: table.take(3).register(ws, "table", create_new_version=True).version,
    lambda v: v == 2,
)
call("get_by_name", lambda: Dataset.get_by_name(ws, "table").version, lambda v: v == 2)
call("get_by_name(version)", lambda: Dataset.get_by_name(ws, "table", version=1).version, lambda v: v == 1)
refusal("get_by_name: missing", lambda: Dataset.get_by_name(ws, "nope"), "Cannot find dataset")
call("get_by_id", lambda: Dataset.get_by_id(ws, kept.id).name, lambda name: name == "table")
call("get_all", lambda: set(Dataset.get_all(ws)), lambda found: found == {"table"})
call("Workspace.datasets", lambda: ws.datasets["table"].version)
call("add_tags", lambda: Dataset.get_by_name(ws, "table").add_tags({"x": "y"}))
files = call("File.from_files", lambda: Dataset.File.from_files((store, "up/**")))
call("to_path", files.to_path, lambda paths: paths == ["/t.csv"])
call("File.download", lambda: files.download("files", overwrite=True), len)
call(
    "upload_directory",
    lambda: Dataset.File.upload_directory("t", (store, "dir"), overwrite=True, show_progress=False),
)
call(
    "register_pandas_dataframe",
    lambda: Dataset.Tabular.register_pandas_dataframe(
        pd.DataFrame({"a": [1]}), (store, "p"), "frame", show_progress=False
    ),
)
call("unregister_all_versions", lambda: Dataset.get_by_name(ws, "frame").unregister_all_versions())

# 3.3 compute
refusal("ComputeTarget: missing", lambda: ComputeTarget(ws, "cpu-map"), "ComputeTargetNotFound")
size = AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
cluster = call("ComputeTarget.create", lambda: ComputeTarget.create(ws, "cpu-map", size))
call("wait_for_completion", lambda: cluster.wait_for_completion(show_output=False))
call("ComputeTarget", lambda: ComputeTarget(ws, "cpu-map").type, lambda kind: kind == "AmlCompute")
call("compute_targets", lambda: list(ws.compute_targets), lambda found: found == ["cpu-map"])
call("AmlCompute.update", lambda: cluster.update(max_nodes=3))
call("get_status", cluster.get_status)
call("list_nodes", cluster.list_nodes)
call("supported_vmsizes", lambda: AmlCompute.supported_vmsizes(ws), len)
aks = call("AksCompute", lambda: ComputeTarget.create(ws, "aks-map", AksCompute.provisioning_configuration()))
call("AksCompute: wait", lambda: aks.wait_for_completion())
call("get_credentials", aks.get_credentials)

# 3.4 experiments, runs, metrics, artifacts, snapshots
exp = Experiment(ws, "map")
call("Experiment.id", lambda: exp.id)
Path("code").mkdir(exist_ok=True)
Path("code/step.py").write_text("print('a step')\n")
run = call("start_logging", lambda: exp.start_logging(snapshot_directory="code"))
call("log", lambda: run.log("one", 1.5))
call("log_list", lambda: run.log_list("list", [1, 2]))
call("log_row", lambda: run.log_row("row", a=1, b=2))
call("log_table", lambda: run.log_table("table", {"x": [1, 2]}))
call("tag", lambda: run.tag("k", "v"))
call("remove_tags", lambda: run.remove_tags(["k"]))
call("add_properties", lambda: run.add_properties({"p": "1"}))
call("upload_file", lambda: run.upload_file("outputs/t.csv", "t/t.csv"))
call("get_file_names", run.get_file_names, lambda found: "outputs/t.csv" in found)
call("download_file", lambda: run.download_file("outputs/t.csv", "t2.csv"))
child = call("child_run", lambda: run.child_run("child"))
call("complete", lambda: child.complete())
call("create_children", lambda: run.create_children(2), lambda found: len(found) == 2)
call("get_children", lambda: list(run.get_children()), lambda found: len(found) == 3)
call("get_children(recursive)", lambda: list(run.get_children(recursive=True)), lambda found: len(found) == 3)
call("flush", lambda: run.flush())
call("get_metrics", run.get_metrics, lambda found: found["one"] == 1.5 and found["list"] == [1, 2])
call("get_details", run.get_details, lambda found: found["runId"] == run.id)
call("Run.register_model", lambda: run.register_model("from-run", "outputs/t.csv"))
call("restore_snapshot", lambda: run.restore_snapshot(path="."))
call("Run.complete", lambda: run.complete())
call("wait_for_completion(run)", lambda: run.wait_for_completion()["status"], lambda s: s == "Completed")
call("Run.get", lambda: Run.get(ws, run.id).id)
call("get_runs", lambda: [r.id for r in exp.get_runs(properties={"p": "1"})], lambda found: found == [run.id])
call("Experiment.list", lambda: [e.name for e in Experiment.list(ws)], lambda found: found == ["map"])
refusal("Run.get: missing", lambda: Run.get(ws, "nope"), "not found")
script = ScriptRunConfig("code", "step.py", compute_target=cluster, environment=Environment("map-env"))
submitted = call("submit(ScriptRunConfig)", lambda: exp.submit(script))
call(
    "Run.wait_for_completion(submitted)",
    lambda: submitted.wait_for_completion()["status"],
    lambda s: s == "Completed",
)
call("get_all_logs", lambda: submitted.get_all_logs("logs"), len)
Path("code/sleep.py").write_text("import time\ntime.sleep(300)\n")
canceled = exp.submit(
    ScriptRunConfig("code", "sleep.py", compute_target=cluster, environment=Environment("e"))
)
call("cancel", lambda: (canceled.cancel(), canceled.get_status())[1], lambda status: status == "Canceled")

# 3.6 models and environments
Path("m.txt").write_text("m")
model = call("Model.register", lambda: Model.register(ws, "m.txt", "m", tags={"a": "b"}))
call("Model", lambda: Model(ws, "m").version, lambda version: version == 1)
call("Model(id)", lambda: Model(ws, id="m:1").name)
refusal("Model: missing", lambda: Model(ws, "nope"), "ModelNotFound")
call("Model.list", lambda: Model.list(ws, name="m", tags=[["a", "b"]]), len)
call("Model.update", lambda: model.update(description="d"))
call("add_tags(model)", lambda: model.add_tags({"c": "d"}))
call("Model.download", lambda: model.download("models", exist_ok=True))
call("Environment.register", lambda: Environment("map-env").register(ws).version)
call("Environment.get", lambda: Environment.get(ws, "map-env").name)
call("Environment.get(curated)", lambda: Environment.get(ws, "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu"))
call("Environment.list", lambda: Environment.list(ws), lambda found: "map-env" in found)

# 3.7 web services
Path("src").mkdir(exist_ok=True)
Path("src/score.py").write_text("def init(): pass\n\n\ndef run(raw):\n    return raw.upper()\n")
config = InferenceConfig(
    entry_script="score.py", source_directory="src", environment=Environment("map-serve")
)
aci = AciWebservice.deploy_configuration(1, 1, auth_enabled=True, enable_app_insights=True)
service = call("Model.deploy(ACI)", lambda: Model.deploy(ws, "map-aci", [model], config, aci))
call("wait_for_deployment", lambda: service.wait_for_deployment())
call("Webservice", lambda: Webservice(ws, "map-aci").state, lambda state: state == "Healthy")
call("run", lambda: service.run('"abc"'), lambda answer: answer == '"ABC"')
call("get_keys", service.get_keys, lambda keys: len(keys) == 2)
call(
    "score without a key",
    lambda: requests.post(service.scoring_uri, "x").status_code,
    lambda code: code == 401,
)
call("swagger", lambda: requests.get(service.swagger_uri).json()["swagger"])
call("get_logs", service.get_logs, len)
call("regen_key", lambda: service.regen_key("Primary"))
call("Webservice.update", lambda: (service.update(tags={"x": "y"}), service.wait_for_deployment()))
call("Webservice.list", lambda: [s.name for s in Webservice.list(ws)], lambda found: found == ["map-aci"])
call("Webservice.delete", service.delete)
refusal("Webservice: missing", lambda: Webservice(ws, "map-aci"), "WebserviceNotFound")
settings = AksWebservice.deploy_configuration(
    cpu_cores=0.1, memory_gb=0.1, token_auth_enabled=True, auth_enabled=False
)
on_aks = call("Model.deploy(AKS)", lambda: Model.deploy(ws, "map-aks", [model], config, settings, aks))
call("AKS: wait", lambda: on_aks.wait_for_deployment())
call("get_token", lambda: on_aks.get_token()[0])
call("AKS: run", lambda: on_aks.run("abc"), lambda answer: answer == "ABC")
call("AKS: delete", on_aks.delete)
shared = AksEndpoint.deploy_configuration(
    cpu_cores=0.1, memory_gb=0.1, version_name="one", traffic_percentile=100
)
endpoint = call("AksEndpoint", lambda: Model.deploy(ws, "map-ab", [model], config, shared, aks))
call("AksEndpoint: wait", lambda: endpoint.wait_for_deployment())
call(
    "create_version",
    lambda: (
        endpoint.create_version("two", inference_config=config, models=[model], traffic_percentile=40),
        endpoint.wait_for_deployment(),
    ),
)
call(
    "update_version",
    lambda: (endpoint.update_version("two", is_default=True), endpoint.wait_for_deployment()),
)
call("delete_version", lambda: (endpoint.delete_version("one"), endpoint.wait_for_deployment()))
call("AksEndpoint: delete", endpoint.delete)
call("Model.delete", lambda: Model(ws, "from-run").delete())

# 3.8 pipelines
data = PipelineData("data", datastore=store)
Path("code/write.py").write_text(
    "import os, sys\nos.makedirs(sys.argv[1])\nopen(sys.argv[1] + '/w.txt', 'w').write(sys.argv[2])\n"
)
text = PipelineParameter("text", "hello")
write = PythonScriptStep("write.py", "write", arguments=[data, text], outputs=[data], compute_target=cluster,
                         source_directory="code", allow_reuse=False)  # fmt: skip
read = PythonScriptStep("step.py", "read", inputs=[data], compute_target=cluster, source_directory="code")
pipeline = call("Pipeline", lambda: Pipeline(ws, steps=[write, read]))
call("Pipeline.validate", pipeline.validate, lambda errors: errors == [])
pipeline_run = call("Pipeline.submit", lambda: pipeline.submit("map-pipeline"))
call(
    "PipelineRun.wait", lambda: pipeline_run.wait_for_completion(show_output=False), lambda s: s == "Finished"
)
call(
    "get_steps",
    lambda: [step.name for step in pipeline_run.get_steps()],
    lambda found: sorted(found) == ["read", "write"],
)
call(
    "get_output_data",
    lambda: pipeline_run.find_step_run("write")[0].get_output_data("data").download("out"),
    lambda count: count == 1,
)
published = call("publish", lambda: pipeline.publish("map-published", "described"))
call("PublishedPipeline.list", lambda: PublishedPipeline.list(ws), len)
call(
    "PublishedPipeline.submit",
    lambda: published.submit(ws, "map-pipeline").wait_for_completion(show_output=False),
)
call(
    "REST trigger",
    lambda: requests.post(
        published.endpoint,
        headers=bearer,
        json={"ExperimentName": "map-rest", "ParameterAssignments": {"text": "rest"}},
    ).json()["Id"],
)
call(
    "PipelineEndpoint.publish",
    lambda: PipelineEndpoint.publish(ws, "map-endpoint", pipeline=published, description="described"),
)
call("PipelineEndpoint.get", lambda: PipelineEndpoint.get(ws, name="map-endpoint").id)
call(
    "Schedule.create",
    lambda: Schedule.create(
        ws,
        "map-schedule",
        published.id,
        "map-pipeline",
        ScheduleRecurrence("Day", 1, start_time="2099-01-01T00:00:00"),
    ),
)
call("Schedule.list", lambda: Schedule.list(ws), len)
call("Schedule.disable", lambda: Schedule.list(ws)[0].disable(wait_for_provisioning=True))
call("PublishedPipeline.disable", published.disable)
call("AmlCompute.delete", cluster.delete)

note(passed=len(passed), failed=failed)
