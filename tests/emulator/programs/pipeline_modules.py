"""Modules with versions, pipelines of them, and types of data for their ports."""

from pathlib import Path

from azureml.core import Experiment, RunConfiguration, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Module, ModuleVersion, Pipeline, PipelineData, PipelineParameter
from azureml.pipeline.core.graph import DataType, InputPortDef, OutputPortDef
from azureml.pipeline.steps import ModuleStep
from outcome import note, refused

ws = Workspace.from_config()
store = ws.get_default_datastore()
Path("src").mkdir(exist_ok=True)
Path("src/put.py").write_text(
    "import os, sys\nos.makedirs(sys.argv[1], exist_ok=True)\n"
    "open(os.path.join(sys.argv[1], sys.argv[2]), 'w').write('x')\n"
)

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

known.set_default_version("1")
known.set_description("changed")
again = Module.get(ws, module_id=module.id)
note(changed=[again.get_default_version(), again.description])
version = ModuleVersion.get(ws, again.module_version_list()[0].module_version_id)
version.disable()
note(disabled=ModuleVersion.get(ws, version.module_version_id).status)

made = DataType.create_data_type(ws, "Scores", "a table of scores", False, ["AnyFile"])
note(data_type=[made.id, made.description, made.is_directory, made.parent_datatype_ids])
note(data_types=[one.name for one in DataType.list_data_types(ws) if one.name in ("AnyFile", "Scores")])
note(type_taken=refused(lambda: DataType.create_data_type(ws, "Scores", "other", True)))

CALCULATE = """
import argparse
parser = argparse.ArgumentParser()
for name in ("number", "file", "sum"):
    parser.add_argument("--" + name)
args = parser.parse_args()
number = int(open(args.file).read() if args.file else args.number)
open(args.sum, "w").write(str(number + 1))
print("sum", number + 1)
"""
Path("calc").mkdir(exist_ok=True)
Path("calc/calculate.py").write_text(CALCULATE)
target = ComputeTarget.create(
    ws, "module-cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
adder = Module.create(ws, "adder", "adds one")
out = OutputPortDef("out", default_datastore_name=store.name, default_datastore_mode="mount", label="sum")
into = InputPortDef("into", default_datastore_mode="mount", label="number")
entry = adder.publish_python_script(
    "calculate.py",
    "first",
    inputs=[],
    outputs=[out],
    params={"number": 5},
    version="1",
    source_directory="calc",
)
adder.publish_python_script(
    "calculate.py",
    "next",
    inputs=[into],
    outputs=[out],
    version="2",
    is_default=True,
    source_directory="calc",
)
first, second = (PipelineData(name, store, is_directory=False) for name in ("first", "second"))
number = PipelineParameter("number", 17)
steps = [
    ModuleStep(
        module_version=entry, inputs_map={}, outputs_map={"out": first}, compute_target=target,
        runconfig=RunConfiguration(), arguments=["--number", number, "--sum", first],
    ),
    ModuleStep(
        module=Module.get(ws, name="adder"), inputs_map={"into": first}, outputs_map={"out": second},
        compute_target=target, runconfig=RunConfiguration(), arguments=["--file", first, "--sum", second],
    ),
]  # fmt: skip
pipeline = Pipeline(ws, steps)


def sums(run):
    status = run.wait_for_completion(show_output=False)
    return [status, *sorted(step.get_stdout_log().strip() for step in run.get_steps())]


note(sums=sums(Experiment(ws, "adders").submit(pipeline)))
note(other=sums(Experiment(ws, "adders").submit(pipeline, pipeline_parameters={"number": 1})))
