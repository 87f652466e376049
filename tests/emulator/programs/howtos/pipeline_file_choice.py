"""Choose files of an output by the patterns of tables, and hand datasets to steps of a pipeline written as YAML."""

from pathlib import Path

from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import OutputFileDatasetConfig
from azureml.pipeline.core import Module, Pipeline
from azureml.pipeline.core.graph import OutputPortDef
from azureml.pipeline.steps import PythonScriptStep

MAKE = """import os, sys
for place in sys.argv[1:]:
    os.makedirs(os.path.join(place, "old"), exist_ok=True)
    for name, rows in (("train_a.csv", 1), ("train_b.csv", 2), ("test.csv", 4), ("old/test.csv", 8)):
        with open(os.path.join(place, name), "w") as file:
            file.write("x,y\\n" + "1,2\\n" * rows)
"""
USE = """import os, sys
from azureml.core import Run
for name, value in sorted(Run.get_context().input_datasets.items()):
    print("rows", name, os.listdir(value) if isinstance(value, str) else len(value.to_pandas_dataframe()))
print("arguments", *(os.listdir(word) if os.path.isdir(word) else word for word in sys.argv[1:]))
"""
PIPELINE = """pipeline:
  description: with a dataset
  data_references:
    texts:
      dataset_name: texts
  default_compute: cpu-cluster
  steps:
    Use:
      type: PythonScriptStep
      name: use-texts
      source_directory: src
      script_name: use.py
      arguments: ['--texts', input:given]
      inputs:
        given:
          source: texts
          bind_mode: mount
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
texts = {"src/make.py": MAKE, "src/use.py": USE, "pipeline.yml": PIPELINE, "texts/a.txt": "a"}
for name, text in texts.items():
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)
experiment = Experiment(ws, "choice")


def step(name, **more):
    return PythonScriptStep(
        f"{name.split('-')[0]}.py", name, compute_target=cluster, source_directory="src", **more
    )


PATTERNS = {
    "all": "*.csv",
    "one": "test.csv",
    "trains": "train_*.csv",
    "below": "/old/*.csv",
    "none": "valid*.csv",
}
parts = {name: OutputFileDatasetConfig(name) for name in PATTERNS}
tables = {name: part.read_delimited_files(path_glob=PATTERNS[name]) for name, part in parts.items()}
make = step("make", arguments=list(tables.values()))
use = step("use", inputs=[tables[name].as_input(f"{name}_in") for name in ("all", "one", "trains", "below")])
nothing = step("use-nothing", inputs=[tables["none"].as_input("none_in")])
run = experiment.submit(Pipeline(ws, [make, use, nothing]), continue_on_step_failure=True)
assert run.wait_for_completion(show_output=False, raise_on_error=False) == "Failed"
lines = run.find_step_run("use")[0].get_stdout_log().splitlines()
rows = {line.split()[1]: int(line.split()[2]) for line in lines if line.startswith("rows")}
assert rows == {"all_in": 15, "one_in": 12, "trains_in": 3, "below_in": 8}, rows
failed = run.find_step_run("use-nothing")[0]
assert failed.get_status() == "Failed"
assert "NotFound" in failed.get_details()["error"]["error"]["message"]

Dataset.File.upload_directory("texts", (store, "texts"), show_progress=False).register(ws, "texts")
run = Pipeline.load_yaml(ws, "pipeline.yml").submit("choice")
run.wait_for_completion(show_output=False)
said = run.find_step_run("use-texts")[0].get_stdout_log().splitlines()
assert said[-2:] == ["rows texts ['a.txt']", "arguments --texts ['a.txt']"], said

module = Module.create(ws, name="maker", description="makes tables")
place = OutputPortDef(
    "place", default_datastore_name=store.name, default_datastore_mode="mount", label="tables"
)
for _ in range(2):
    module.publish_python_script("make.py", "", inputs=[], outputs=[place], params={}, source_directory="src")
module.set_name("table-maker")
known = Module.get(ws, name="table-maker")
print("rows", *rows.values(), "versions", *(one.version for one in known.module_version_list()))
