"""What becomes of the outputs of steps: mounted under a name, filtered, read with columns of their paths, told."""

from pathlib import Path

from azureml.core import Dataset, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import OutputFileDatasetConfig
from azureml.pipeline.core import Pipeline, PipelineData
from azureml.pipeline.steps import CommandStep, PythonScriptStep
from outcome import note

MAKE = """
import os, sys
for place in sys.argv[1:]:
    os.makedirs(os.path.join(place, "2020", "north"), exist_ok=True)
    for name in ("rows.csv", "notes.txt"):
        open(os.path.join(place, "2020", "north", name), "w").write("a,b\\n1,2\\n")
"""
USE = """
import os
from azureml.core import Run
for name, value in sorted(Run.get_context().input_datasets.items()):
    if isinstance(value, str):
        print("seen", name, sorted(file for _, _, files in os.walk(value) for file in files))
    else:
        frame = value.to_pandas_dataframe()
        print("seen", name, sorted(frame.columns), frame.astype(str).values.tolist()[0][-2:])
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(ws, "cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1))
experiment = Experiment(ws, "outputs")
for name, text in (("src/make.py", MAKE), ("src/use.py", USE), ("in/in.csv", "q\n1\n")):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)
store.upload("in", "in", overwrite=True, show_progress=False)
table = Dataset.Tabular.from_delimited_files((store, "in/in.csv")).register(ws, "outputs-in")


def script(name, file, arguments=(), **more):
    return PythonScriptStep(
        file, name, list(arguments), compute_target=target, source_directory="src", **more
    )


plain = PipelineData("plain", store)
old = PipelineData("old", store).as_dataset()
chosen = OutputFileDatasetConfig("chosen", (store, "chosen/{run-id}"))
chosen = chosen.as_upload(overwrite=True, source_globs=["**/*.csv"]).register_on_complete("chosen-files")
parted = OutputFileDatasetConfig("parted").read_delimited_files(
    partition_format="/{year}/{region}/rows.csv", path_glob="*.csv"
)
located = OutputFileDatasetConfig("located").read_delimited_files(include_path=True, path_glob="*.csv")
make = script(
    "make", "make.py", [plain, old, chosen, parted, located],
    inputs=[table.as_named_input("table")], outputs=[plain, old],
)  # fmt: skip
use = script("use", "use.py", inputs=[
    plain, old.as_named_input("renamed").as_mount(), chosen.as_input("chosen_in").as_mount(),
    parted.as_input("parted_in"), located.as_input("located_in"),
])  # fmt: skip
shell = CommandStep(
    name="shell", compute_target=target, source_directory="src",
    command="echo 'two  words' && python -c 'print(len(\"four\"), 1+1)' && echo $(echo nested)",
)  # fmt: skip
pipeline = Pipeline(ws, [make, use, shell])
run = experiment.submit(pipeline)
note(status=run.wait_for_completion(show_output=False))
logs = {step.name: step.get_stdout_log().splitlines() for step in run.get_steps()}
note(seen=[line for line in logs["use"] if line.startswith("seen")], shell=logs["shell"])
note(chosen=Dataset.get_by_name(ws, "chosen-files").to_path())
details = next(iter(run.find_step_run("make"))).get_details()
note(
    inputs=[[one["dataset"].name, one["consumptionDetails"]["inputName"]] for one in details["inputDatasets"]]
)
note(outputs=sorted(one["outputDetails"]["outputName"] for one in details["outputDatasets"]))
definition = details["runDefinition"]
written = definition["outputData"]["chosen"]
kept = written["additionalOptions"]["registrationOptions"]
note(defined=[written["mechanism"], written["additionalOptions"]["uploadOptions"]["sourceGlobs"]])
note(registration=[kept["name"], kept["properties"]["azureml.pipelineRunId"] == run.id])
note(variables=definition["environmentVariables"], told_table=definition["data"]["table"]["mechanism"])
note(
    compute=definition["amlCompute"]["retainCluster"],
    environment=run.find_step_run("make")[0].get_environment().name,
)
told = {one["outputDetails"]["outputName"]: one["dataset"] for one in details["outputDatasets"]}
note(told=[Path(path).name for path in told["chosen"].to_path()])
note(named={name: [dataset.name, dataset.version, type(dataset).__name__] for name, dataset in told.items()})
handed = next(iter(run.find_step_run("use"))).get_details()["inputDatasets"]
note(handed=sorted(one["consumptionDetails"]["inputName"] for one in handed))

LEAVE = """
import os, sys
for name in {names}:
    os.makedirs(os.path.dirname(os.path.join(sys.argv[1], name)), exist_ok=True)
    open(os.path.join(sys.argv[1], name), "w").write("{names}")
"""
Path("reads").mkdir(exist_ok=True)
Path("reads/reads.py").write_text("import os, sys\nprint(sorted(os.listdir(sys.argv[1])))")
versions = []
for names in (["a.txt", "sub/b.txt"], ["a.txt", "c.txt"]):
    Path("src/leave.py").write_text(LEAVE.format(names=names))
    fixed = OutputFileDatasetConfig("fixed", (store, "fixed")).register_on_complete("fixed-files")
    reads = PythonScriptStep(
        "reads.py", "reads", [fixed.as_input("fixed_in").as_mount()],
        compute_target=target, source_directory="reads",
    )  # fmt: skip
    left = experiment.submit(Pipeline(ws, [script("leave", "leave.py", [fixed]), reads]))
    left.wait_for_completion(show_output=False)
    kept = Dataset.get_by_name(ws, "fixed-files")
    used = left.find_step_run("reads")[0]
    versions.append([kept.version, used.get_details()["inputDatasets"][0]["dataset"].version])
    note(fixed=kept.to_path(), versions=versions, reads=used.get_stdout_log().strip())

again = pipeline.submit("outputs", parent_run_id=run.id)
again.wait_for_completion(show_output=False)
by_name = pipeline.publish("outputs", "the same", "1").submit(ws, "outputs", parent_run_id=run.id)
by_name.wait_for_completion(show_output=False)
children = [child.id for child in run.get_children()]
note(parents=[child.parent.id == run.id for child in (again, by_name)])
note(children=[child.id in children for child in (again, by_name)])

output = OutputFileDatasetConfig("parts", (store, "parts")).register_on_complete("parts")
output = output.read_delimited_files(partition_format="/{year}/{region}/rows.csv").keep_columns(["a", "year"])
config = ScriptRunConfig("src", "one.py", [output], compute_target=target)
Path("src/one.py").write_text(MAKE.replace('("rows.csv", "notes.txt")', '("rows.csv",)'))
experiment.submit(config).wait_for_completion()
note(parts=Dataset.get_by_name(ws, "parts").to_pandas_dataframe().to_dict("list"))

Path("src/nothing.py").write_text("")
empty = OutputFileDatasetConfig("empty", (store, "empty")).register_on_complete("empty")
given = table.as_named_input("given")
silent = experiment.submit(ScriptRunConfig("src", "nothing.py", [given, empty], compute_target=target))
silent.wait_for_completion()
details = silent.get_details()
note(consumed=[one["consumptionDetails"]["inputName"] for one in details["inputDatasets"]])
note(empty=[details["outputDatasets"][0]["dataset"].name, Dataset.get_by_name(ws, "empty").version])
