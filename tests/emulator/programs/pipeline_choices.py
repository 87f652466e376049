"""What a run of a pipeline may be given, and what it takes over: datasets, versions, results of before; commands."""

import os
from pathlib import Path

import requests
from azureml.core import Dataset, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.pipeline.core import Pipeline, PipelineData, PipelineEndpoint, PipelineParameter, PipelineRun
from azureml.pipeline.steps import CommandStep, PythonScriptStep
from outcome import note, refused

LOOK = """
import os
from azureml.core import Run
for name, value in sorted(Run.get_context().input_datasets.items()):
    print("saw", name, os.listdir(value) if isinstance(value, str) else len(value.to_pandas_dataframe()))
"""
MAKE = """
import os, sys
from azureml.core import Run
run = Run.get_context()
run.log("first", 1)
run.log_list("all", [1, 2])
run.tag("colour", "red")
open("two words ü.txt", "w").write("kept")
run.upload_file("outputs/two words ü.txt", "two words ü.txt")
os.makedirs(sys.argv[1], exist_ok=True)
open(sys.argv[1] + "/made.txt", "w").write("made")
print("made it")
"""
PROGRAM = '#!/bin/sh\nfor word in "$@"; do printf "[%s]" "$word"; done; echo\n'
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(ws, "cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1))
for folder, files in {
    "src": {"look.py": LOOK},
    "make": {"make.py": MAKE},
    "shell": {"my prog": PROGRAM},
}.items():
    Path(folder).mkdir(exist_ok=True)
    for name, text in files.items():
        Path(folder, name).write_text(text)
for name, rows in {"one": "1\n", "two": "1\n2\n"}.items():
    Path(name).mkdir(exist_ok=True)
    Path(name, f"{name}.csv").write_text(f"a\n{rows}")
    Dataset.File.upload_directory(name, (store, name), overwrite=True, show_progress=False)
tables = [Dataset.Tabular.from_delimited_files((store, f"{name}/*.csv")) for name in ("one", "two")]
files = [Dataset.File.from_files((store, name)) for name in ("one", "two")]
tables[1].register(ws, "two-rows")


def log_of(run, step="look"):
    run.wait_for_completion(show_output=False, raise_on_error=False)
    return run.find_step_run(step)[0].get_stdout_log().splitlines()


def saw(run):
    return [line for line in log_of(run) if line.startswith("saw")]


look = PythonScriptStep(
    "look.py", "look", source_directory="src", compute_target=target,
    inputs=[
        DatasetConsumptionConfig("rows", PipelineParameter("table", tables[0])),
        DatasetConsumptionConfig("folder", PipelineParameter("files", files[0])).as_mount(),
    ],
)  # fmt: skip
pipeline = Pipeline(ws, [look])
note(without=refused(lambda: pipeline.submit("choices")))
published = pipeline.publish("look", "datasets that are inputs alone", "1")
chosen = {"table": tables[0], "files": files[1]}
note(by_sdk=saw(published.submit(ws, "choices", pipeline_parameters=chosen)))
secrets = [os.environ[f"AZUREML_SERVICE_PRINCIPAL_{name}"] for name in ("TENANT_ID", "ID", "PASSWORD")]
header = ServicePrincipalAuthentication(*secrets).get_authentication_header()
chosen = {
    "table": {"DataSetReference": {"Name": "two-rows"}},
    "files": {"SavedDataSetReference": {"Id": files[0]._ensure_saved(ws)}},
}


def asked(url, more_headers=None, **body):
    return requests.post(
        url, headers=header | (more_headers or {}), json={"ExperimentName": "choices"} | body
    )


def posted(*given, **more):
    return PipelineRun(ws.experiments["choices"], asked(*given, **more).json()["Id"])


tagged = posted(published.endpoint, DataSetDefinitionValueAssignments=chosen, StepTags={"build": "7"})
note(by_rest=saw(tagged), step_tag=tagged.find_step_run("look")[0].get_tags()["build"])
half = {"table": chosen["table"]}
note(half=asked(published.endpoint, DataSetDefinitionValueAssignments=half).json()["error"])

made = PipelineData("made", store)
make = PythonScriptStep(
    "make.py", "make", [made], outputs=[made], compute_target=target, source_directory="make"
)
shell = CommandStep(
    name="shell", source_directory="shell", compute_target=target,
    command="chmod +x 'my prog' && export WHO='you  all' && "
    "\"./my prog\" 'a  b' '' \"$WHO (${WHO})\" '$1' 'c\\d' | tee out.txt",
)  # fmt: skip
both = Pipeline(ws, [make, shell])
first = both.submit("choices")
note(shell=log_of(first, "shell"))
second = both.submit("choices")
second.wait_for_completion(show_output=False)
before, again = (run.find_step_run("make")[0] for run in (first, second))
again.download_file("outputs/two words ü.txt", "kept.txt")
note(
    reused=[again._is_reused, again._reused_run_id == before.id, again._reused_pipeline_run_id == first.id],
    taken=[
        again.get_metrics(),
        again.get_file_names(),
        again.get_tags()["colour"],
        Path("kept.txt").read_text(),
    ],
    output=[again.get_output_data("made").download("again"), again.get_stdout_log(), again.get_status()],
)

versions = [both.publish("both", "one", "1"), published]
front = PipelineEndpoint.publish(ws, name="choices-front", pipeline=versions[0], description="two versions")
front.add_default(versions[1])
by_name = front.endpoint.partition("/Id/")[0] + "/Name?name=choices-front"
ways = [
    {"url": f"{by_name}&pipelineVersion=0"},
    {"url": f"{front.endpoint}?pipelineVersion=0"},
    {"url": f"{front.endpoint}/0"},
    {"url": front.endpoint, "more_headers": {"PipelineVersion": "0"}},
    {"url": front.endpoint, "PipelineVersion": 0},
]
runs = [posted(**way) for way in ways]
note(versions=[log_of(run, "shell") == log_of(first, "shell") for run in runs])
note(no_version=asked(front.endpoint, PipelineVersion=7).status_code)
note(no_name=asked(f"{by_name}-nobody").status_code)
