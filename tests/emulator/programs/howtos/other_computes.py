"""Attach computes that run elsewhere, one through a linked service, and see what becomes of steps on them."""

from pathlib import Path

from azureml.core import Experiment, LinkedService, SynapseWorkspaceLinkedServiceConfiguration, Workspace
from azureml.core.compute import ComputeTarget, DatabricksCompute, RemoteCompute, SynapseCompute
from azureml.pipeline.core import Pipeline, PipelineParameter
from azureml.pipeline.steps import DatabricksStep, PythonScriptStep, SynapseSparkStep

ws = Workspace.from_config()
Path("src").mkdir()
Path("src/count.py").write_text("print('counted')\n")

linked = LinkedService.register(
    ws, "spark-link", SynapseWorkspaceLinkedServiceConfiguration(ws.subscription_id, ws.resource_group, "spark-ws")
)  # fmt: skip
known = LinkedService.get(ws, "spark-link")
assert [one.name for one in LinkedService.list(ws)] == ["spark-link"]
assert known.linked_service_resource_id.endswith("Microsoft.Synapse/workspaces/spark-ws")
assert known.system_assigned_identity_principal_id == linked.system_assigned_identity_principal_id
settings = {
    "spark-pool": SynapseCompute.attach_configuration(known, type="SynapseSpark", pool_name="pool"),
    "bricks": DatabricksCompute.attach_configuration(
        resource_group="group", workspace_name="bricks", access_token="token"
    ),
    "machine": RemoteCompute.attach_configuration(
        address="10.0.0.4", ssh_port=22, username="user", password="password"
    ),
}
for name, setting in settings.items():
    ComputeTarget.attach(ws, name, setting).wait_for_completion(show_output=True)
print({name: type(target).__name__ for name, target in sorted(ws.compute_targets.items())})

steps = [
    SynapseSparkStep(
        name="spark", file="count.py", source_directory="src", inputs=[], outputs=[], arguments=["--all"],
        compute_target="spark-pool", driver_memory="7g", driver_cores=4, executor_memory="7g", executor_cores=2,
        num_executors=1,
    ),
    DatabricksStep(
        name="notebook", notebook_path="/Users/me/count", notebook_params={"rows": PipelineParameter("rows", "3")},
        existing_cluster_id="1", run_name="count", compute_target=ws.compute_targets["bricks"],
    ),
    PythonScriptStep("count.py", "script", compute_target=RemoteCompute(ws, "machine"), source_directory="src"),
]  # fmt: skip
run = Experiment(ws, "elsewhere").submit(Pipeline(ws, steps), continue_on_step_failure=True)
assert run.wait_for_completion(show_output=False, raise_on_error=False) == "Failed"
statuses = {one.name: one.get_status() for one in run.get_steps()}
assert statuses == {"spark": "Failed", "notebook": "Failed", "script": "Finished"}, statuses
why = run.find_step_run("spark")[0].get_details()["error"]["error"]["message"]
assert "SynapseSparkStep" in why, why
for target in ws.compute_targets.values():
    target.detach()
known.unregister()
print("left", len(ws.compute_targets), "and", len(LinkedService.list(ws)))
