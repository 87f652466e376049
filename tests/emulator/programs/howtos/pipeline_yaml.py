"""Write pipelines as YAML, by hand and from a run of a module, load them, and run them in an order of their own."""

import os

from azureml.core import Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.runconfig import RunConfiguration
from azureml.data.data_reference import DataReference
from azureml.pipeline.core import Module, Pipeline, PipelineData, PipelineParameter, StepSequence
from azureml.pipeline.core.graph import InputPortDef, OutputPortDef
from azureml.pipeline.steps import ModuleStep, PythonScriptStep

ws = Workspace.from_config()
datastore = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
experiment = Experiment(ws, "yaml")
os.makedirs("raw", exist_ok=True)
with open("raw/a.txt", "w") as file:
    file.write("hello")
datastore.upload("raw", "raw", overwrite=True, show_progress=False)
os.makedirs("scripts", exist_ok=True)
with open("scripts/count.py", "w") as file:
    file.write("""import argparse, os
parser = argparse.ArgumentParser()
for name in ("raw", "counted", "times"):
    parser.add_argument("--" + name)
args = parser.parse_args()
os.makedirs(args.counted, exist_ok=True)
with open(os.path.join(args.counted, "count.txt"), "w") as file:
    file.write(str(len(os.listdir(args.raw)) * int(args.times)))
print("counted", sorted(os.listdir(args.raw)), args.times)
""")
with open("scripts/show.py", "w") as file:
    file.write("import os, sys\nprint('shown', *(sorted(os.listdir(one)) for one in sys.argv[1:]))\n")
with open("pipeline.yml", "w") as file:
    file.write("""pipeline:
  description: written by hand
  data_references:
    raw_files:
      datastore: workspaceblobstore
      path_on_datastore: raw
  default_compute: cpu-cluster
  steps:
    Count:
      type: PythonScriptStep
      name: count
      source_directory: scripts
      script_name: count.py
      allow_reuse: false
      arguments: ['--raw', input:raw_in, '--counted', output:counted, '--times', '3']
      inputs:
        raw_in:
          source: raw_files
          bind_mode: mount
      outputs:
        counted:
          destination: counts
          datastore: workspaceblobstore
          bind_mode: mount
    Show:
      type: PythonScriptStep
      name: show
      source_directory: scripts
      script_name: show.py
      arguments: [input:shown]
      inputs:
        shown:
          source: counts
          bind_mode: mount
""")


def lines(run):
    run.wait_for_completion(show_output=False)
    logs = {step.name: step.get_stdout_log().splitlines()[-1] for step in run.get_steps()}
    return dict(sorted(logs.items()))


pipeline = Pipeline.load_yaml(ws, "pipeline.yml")
assert pipeline.validate() == []
run = pipeline.submit("yaml")
assert lines(run) == {"count": "counted ['a.txt'] 3", "show": "shown ['count.txt']"}

module = Module.create(ws, name="counter", description="counts files")
raw = InputPortDef(
    name="raw", default_datastore_mode="mount", default_data_reference_name="raw", label="files"
)
counted = OutputPortDef(
    name="counted", default_datastore_name=datastore.name, default_datastore_mode="mount", label="count"
)
module.publish_python_script(
    "count.py", "the first", inputs=[raw], outputs=[counted], params={"times": 1}, version="1",
    source_directory="scripts",
)  # fmt: skip
reference = DataReference(datastore, "raw", path_on_datastore="raw")
result = PipelineData("result", datastore)
step = ModuleStep(
    module, version="1", inputs_map={"raw": reference}, outputs_map={"counted": result},
    runconfig=RunConfiguration(), compute_target=cluster,
    arguments=["--raw", reference, "--counted", result, "--times", PipelineParameter("times", 4)],
)  # fmt: skip
run = experiment.submit(Pipeline(ws, [step]))
assert lines(run) == {"counter": "counted ['a.txt'] 4"}
run.save("saved.yml")
again = Pipeline.load_yaml(ws, "saved.yml").submit("yaml", pipeline_parameters={"times": "5"})
found = lines(again)


def named(name):
    return PythonScriptStep("show.py", name=name, compute_target=cluster, source_directory="scripts")


first, second, third, last = (named(name) for name in ("first", "second", "third", "last"))
last.run_after(third)
run = Pipeline(ws, steps=[StepSequence(steps=[[first, second], third]), last]).submit("yaml")
run.wait_for_completion(show_output=False)
times = {step.name: step.get_details() for step in run.get_steps()}
for before, after in (("first", "third"), ("second", "third"), ("third", "last")):
    assert times[before]["endTimeUtc"] <= times[after]["startTimeUtc"], (before, after)
print("loaded again:", found["counter"])
