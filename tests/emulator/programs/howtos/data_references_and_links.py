"""Read and write below paths of a datastore, link datasets as outputs, and let scripts name their own folders."""

from pathlib import Path

from azureml.core import Dataset, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import LinkFileOutputDatasetConfig, LinkTabularOutputDatasetConfig, OutputFileDatasetConfig
from azureml.data.data_reference import DataReference
from azureml.pipeline.core import Pipeline, PipelineData
from azureml.pipeline.steps import PythonScriptStep

LINK = """from azureml.core import Dataset, Run
run = Run.get_context()
store = run.experiment.workspace.get_default_datastore()
run.output_datasets["files"].link(Dataset.File.from_files((store, "raw/*.csv")))
run.output_datasets["rows"].link(Dataset.Tabular.from_delimited_files((store, "raw/raw.csv")))
"""
CLEAN = """import os, sys
source, result = sys.argv[1:3]
with open(os.path.join(source, "seen.txt"), "w") as file:
    file.write(" ".join(sorted(os.listdir(source))))
os.makedirs(result)
with open("clean/rows.csv", "w") as file:
    file.write(open(sys.argv[3]).read().replace("2", "two"))
import link
"""
MAKE = """import os
for folder in ("outputs/plain", "made/listed"):
    os.makedirs(folder, exist_ok=True)
    open(os.path.join(folder, "a.txt"), "w").write("a")
open("one.txt", "w").write("one")
"""
USE = """import os, sys
from azureml.core import Run
assert "raw.csv" in os.listdir("here/raw")
inputs = Run.get_context().input_datasets
print(inputs["linked_rows"].to_pandas_dataframe().shape, os.listdir(inputs["linked_files"]))
print(*(os.listdir(place) if os.path.isdir(place) else open(place).read() for place in sys.argv[1:]))
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
scripts = {"clean": CLEAN, "link": LINK, "make": MAKE, "use": USE}
Path("src").mkdir()
for name, text in scripts.items():
    Path(f"src/{name}.py").write_text(text)
Path("raw").mkdir()
Path("raw/raw.csv").write_text("a,b\n1,2\n3,4\n")
store.upload("raw", "raw", show_progress=False)

experiment = Experiment(ws, "references")
raw, file = store.path("raw").as_mount(), store.path("raw/raw.csv").as_download()
clean = store.path("cleaned").as_upload(path_on_compute="clean")
files = LinkFileOutputDatasetConfig("files").register_on_complete("raw-files", tags={"by": "link"})
rows = LinkTabularOutputDatasetConfig("rows")
arguments = [str(raw), str(clean), str(file), files, rows]
config = ScriptRunConfig("src", "clean.py", arguments, compute_target=cluster)
config.run_config.data_references = {one.data_reference_name: one.to_config() for one in (raw, clean, file)}
run = experiment.submit(config)
run.wait_for_completion()
store.download("got", show_progress=False)
assert Path("got/raw/seen.txt").read_text() == "raw.csv seen.txt"
assert Path("got/cleaned/rows.csv").read_text() == "a,b\n1,two\n3,4\n"

assert Dataset.get_by_name(ws, "raw-files").tags == {"by": "link"}
told = {one["outputDetails"]["outputName"]: one["dataset"] for one in run.get_details()["outputDatasets"]}
assert told["files"].to_path() == ["/raw.csv"]
assert told["rows"].to_pandas_dataframe().values.tolist() == [[1, 2], [3, 4]]


def step(name, **more):
    return PythonScriptStep(f"{name}.py", name, compute_target=cluster, source_directory="src", **more)


rows = rows.register_on_complete("raw-rows")
plain = PipelineData("plain", store, output_mode="upload", output_path_on_compute="outputs/plain")
one = PipelineData("one", store, output_mode="upload", output_path_on_compute="one.txt")
listed = OutputFileDatasetConfig("listed", (store, "listed"), source="made/listed").as_upload(overwrite=True)
link = step("link", arguments=[files, rows])
make = step("make", arguments=[listed], outputs=[plain, one])
linked = [files.as_input("linked_files").as_mount(), rows.as_input("linked_rows")]
copy = DataReference(store, "copy", path_on_datastore="raw", mode="download", path_on_compute="here/raw")
use = step(
    "use", arguments=[plain, one, listed.as_input("in").as_mount()], inputs=[plain, one, copy, *linked]
)
run = experiment.submit(Pipeline(ws, [link, make, use]))
run.wait_for_completion(show_output=False)
assert Dataset.get_by_name(ws, "raw-rows").to_pandas_dataframe().shape == (2, 2)
assert "outputs/plain/a.txt" in run.find_step_run("make")[0].get_file_names()
details = run.find_step_run("use")[0].get_details()
definition, kept = details["runDefinition"], run.find_step_run("make")[0].get_details()["outputDatasets"]
assert [word.rpartition("_")[2] for word in definition["arguments"]] == [
    "plain",
    "one",
    "DatasetConsumptionConfig:in",
]
assert definition["dataReferences"]["copy"]["pathOnDataStore"] == "raw"
consumed = {one["consumptionDetails"]["inputName"]: one for one in details["inputDatasets"]}
assert {name: one["consumptionDetails"]["mechanism"] for name, one in consumed.items()} == {
    "in": "Mount", "linked_files": "Mount", "linked_rows": "Direct",
}  # fmt: skip
assert consumed["in"]["dataset"].id == kept[0]["identifier"]["savedId"]
print("used", " ".join(run.find_step_run("use")[0].get_stdout_log().split("\n")[-3:]))
