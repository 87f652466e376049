"""Copying between datastores as a step of a pipeline."""

from pathlib import Path

from azureml.core import Datastore, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget, DataFactoryCompute
from azureml.data.data_reference import DataReference
from azureml.pipeline.core import Pipeline
from azureml.pipeline.steps import DataTransferStep, PythonScriptStep
from outcome import note

LOOK = """
import os, sys
found = [os.path.relpath(os.path.join(place, file), sys.argv[1])
         for place, _, files in os.walk(sys.argv[1]) for file in files]
print(sorted(found))
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
other = Datastore.register_azure_blob_container(
    ws, "other", container_name="others", account_name="otheraccount", account_key="a2V5a2V5"
)
factory = ComputeTarget.create(ws, "factory", DataFactoryCompute.provisioning_configuration())
factory.wait_for_completion()
target = ComputeTarget.create(
    ws, "copy-cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
for name in ("in/a.txt", "in/below/b.txt", "look/look.py"):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(LOOK)
store.upload("in", "in", overwrite=True, show_progress=False)


def copied(name, source, destination, **types):
    source, destination = (
        DataReference(where[0], f"{name}_{end}", path_on_datastore=where[1])
        for end, where in (("from", source), ("to", destination))
    )
    return DataTransferStep(name, source, destination, compute_target=factory, **types)


folder = copied("folder", (store, "in"), (other, "copied/here"), source_reference_type="directory")
file = copied("file", (store, "in/a.txt"), (store, "out/renamed.txt"), destination_reference_type="file")
output = folder.get_output()
look = PythonScriptStep(
    "look.py", "look", [output], inputs=[output], compute_target=target, source_directory="look"
)
run = Experiment(ws, "copies").submit(Pipeline(ws, [look, file]))
note(status=run.wait_for_completion(show_output=False))
note(found=next(iter(run.find_step_run("look"))).get_stdout_log().strip())
store.download("back", prefix="out", show_progress=False)
note(renamed=[path.name for path in Path("back").rglob("*.txt")])
nothing = copied("nothing", (store, "nowhere"), (store, "out"))
failed = Experiment(ws, "copies").submit(Pipeline(ws, [nothing]))
note(failed=failed.wait_for_completion(show_output=False, raise_on_error=False))
note(why=next(iter(failed.get_steps())).get_details()["error"]["error"]["message"])
