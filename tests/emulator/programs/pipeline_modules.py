"""Modules with versions, and steps made of them."""

from pathlib import Path

from azureml.core import Experiment, RunConfiguration, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Module, ModuleVersion, Pipeline, PipelineData
from azureml.pipeline.core.graph import OutputPortDef
from azureml.pipeline.steps import ModuleStep, PythonScriptStep
from outcome import note, refused

ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(ws, "cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1))
Path("src").mkdir(exist_ok=True)
Path("src/put.py").write_text(
    "import os, sys\nos.makedirs(sys.argv[1], exist_ok=True)\n"
    "open(os.path.join(sys.argv[1], sys.argv[2]), 'w').write('x')\n"
)
Path("src/look.py").write_text("import os, sys\nprint('found', *sorted(os.listdir(sys.argv[1])))\n")

module = Module.create(ws, name="putter", description="puts a file")
port = OutputPortDef(
    "place", default_datastore_name=store.name, default_datastore_mode="mount", label="place"
)
for version in ("1", "2"):
    module.publish_python_script(
        "put.py", f"version {version}", inputs=[], outputs=[port], params={}, version=version,
        is_default=version == "2", source_directory="src", arguments=[port, f"file-{version}"],
    )  # fmt: skip
known = Module.get(ws, name="putter")
note(default=known.get_default_version(), versions=[one.version for one in known.module_version_list()])
note(same=Module.get(ws, module_id=module.id).name, taken=refused(lambda: Module.create(ws, "putter", "")))


def found(**more):
    data = PipelineData("put_here", store)
    step = ModuleStep(
        module=known, outputs_map={"place": data}, runconfig=RunConfiguration(), compute_target=target,
        arguments=more.pop("arguments", None), **more,
    )  # fmt: skip
    look = PythonScriptStep(
        "look.py", "look", [data], inputs=[data], compute_target=target, source_directory="src"
    )
    run = Experiment(ws, "modules").submit(Pipeline(ws, [look, step]))
    status = run.wait_for_completion(show_output=False)
    return [status, next(iter(run.find_step_run("look"))).get_stdout_log().splitlines()[-1]]


note(by_default=found(), by_version=found(version="1"))
known.set_default_version("1")
known.set_description("changed")
again = Module.get(ws, module_id=module.id)
note(changed=[again.get_default_version(), again.description])
version = ModuleVersion.get(ws, again.module_version_list()[0].module_version_id)
version.disable()
note(disabled=ModuleVersion.get(ws, version.module_version_id).status)
