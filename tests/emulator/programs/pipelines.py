"""Pipelines of Python script steps: data between them, parameters, reuse, failure, publishing, REST."""

import os
import time
from pathlib import Path

import pandas as pd
import requests
from azureml.core import Dataset, Experiment, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.runconfig import RunConfiguration
from azureml.data import OutputFileDatasetConfig
from azureml.data.data_reference import DataReference
from azureml.data.datapath import DataPath, DataPathComputeBinding
from azureml.pipeline.core import (
    Pipeline,
    PipelineData,
    PipelineParameter,
    PipelineRun,
    PublishedPipeline,
)
from azureml.pipeline.steps import PythonScriptStep
from outcome import note, refused

PREPARE = """
import argparse, os
import pandas as pd
from azureml.core import Run
parser = argparse.ArgumentParser()
for name in ("rows", "raw", "where", "out", "kept"):
    parser.add_argument("--" + name)
args = parser.parse_args()
run = Run.get_context()
frame = run.input_datasets["people"].to_pandas_dataframe().head(int(args.rows))
print("rows", len(frame), "parameter", os.environ["AML_PARAMETER_rows"], "own", os.environ["MYVAR"])
print("raw", sorted(os.listdir(args.raw)), "where", sorted(os.listdir(args.where)))
os.makedirs(args.out, exist_ok=True)
frame.to_csv(os.path.join(args.out, "part.csv"), index=False)
with open(os.path.join(args.kept, "kept.txt"), "w") as file:
    file.write("kept")
run.log("rows", len(frame))
assert os.environ["AZUREML_ROOT_RUN_ID"] == run.parent.id
assert os.environ["AZUREML_EXPERIMENT_SCOPE"].endswith("/experiments/" + run.experiment.name)
run.parent.log("rows_of_first", len(frame))
"""
REPORT = """
import argparse, os
import pandas as pd
parser = argparse.ArgumentParser()
for name in ("data", "kept", "summary"):
    parser.add_argument("--" + name)
args = parser.parse_args()
frame = pd.read_csv(os.path.join(args.data, "part.csv"))
with open(args.summary, "w") as file:
    file.write(f"{len(frame)} {os.listdir(args.kept)}")
print("reported", len(frame))
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(
    ws, "pipe-cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
target.wait_for_completion()
for name, script in (("prepare", PREPARE), ("report", REPORT), ("fail", "raise ValueError('boom')"),
                     ("long", "import time\nprint('long', flush=True)\ntime.sleep(600)"),
                     ("sleep", "import time\nprint('sleeping', flush=True)\ntime.sleep(600)")):  # fmt: skip
    Path("src").mkdir(exist_ok=True)
    Path(f"src/{name}.py").write_text(script)
for folder, name in (("in", "a.csv"), ("in", "b.csv"), ("other", "c.csv")):
    Path(folder).mkdir(exist_ok=True)
    pd.DataFrame({"x": range(20), "y": range(20)}).to_csv(f"{folder}/{name}", index=False)
    store.upload(folder, f"pipelines/{folder}", overwrite=True, show_progress=False)
people = Dataset.Tabular.from_delimited_files((store, "pipelines/in/a.csv"))
people = people.register(ws, "pipeline-people", create_new_version=True)

rows = PipelineParameter("rows", 5)
where = (PipelineParameter("where", DataPath(store, "pipelines/in")), DataPathComputeBinding())
raw = DataReference(store, "raw", path_on_datastore="pipelines/in")
part = PipelineData("part", datastore=store)
kept = OutputFileDatasetConfig("kept", (store, "pipelines/kept/{run-id}")).register_on_complete(
    "pipeline-kept"
)
summary = PipelineData("summary", datastore=store, pipeline_output_name="summary_of_all")
configuration = RunConfiguration()
configuration.environment.environment_variables = {"MYVAR": "mine"}


def last_step():
    PythonScriptStep(
        "prepare.py", "prepare",
        ["--rows", rows, "--raw", raw, "--where", where, "--out", part, "--kept", kept],
        compute_target=target, inputs=[raw, where, people.as_named_input("people")], outputs=[part],
        source_directory="src", runconfig=configuration,
    )  # fmt: skip
    return PythonScriptStep(
        "report.py", "report",
        ["--data", part, "--kept", kept.as_input("kept_in"), "--summary", summary],
        compute_target=target, inputs=[part], outputs=[summary], source_directory="src",
    )  # fmt: skip


pipeline = Pipeline(ws, [last_step()], description="two steps")
note(problems=pipeline.validate())
run = Experiment(ws, "pipelines").submit(pipeline, tags={"kind": "first"})
note(kind=type(run).__name__, status=run.wait_for_completion(show_output=True), tags=run.get_tags())
found = {step.name: step for step in run.get_steps()}
note(steps=sorted(found), step_kinds=[type(step).__name__ for step in found.values()])
note(without_definition=["runDefinition" in run.get_details(), refused(run.get_environment).split(":")[0]])
note(statuses=[found[name].get_status() for name in ("prepare", "report")])
note(log=found["prepare"].get_stdout_log().splitlines(), metrics=found["prepare"].get_metrics())
note(parent_metrics=run.get_metrics(), by_name=[step.name for step in run.find_step_run("report")])
note(outputs=sorted(found["prepare"].get_outputs()))
found["prepare"].get_output_data("part").download("downloaded", show_progress=False)
note(part=[str(path.name) for path in Path("downloaded").rglob("*.csv")])
output = run.get_pipeline_output("summary_of_all")
output.download("summary", show_progress=False)
note(summary=next(p for p in Path("summary").rglob("*") if p.is_file()).read_text())
note(kept=Dataset.get_by_name(ws, "pipeline-kept").to_path())

again = Experiment(ws, "pipelines").submit(pipeline)
note(again=again.wait_for_completion(show_output=False))
note(reused=[step.properties.get("azureml.isreused") for step in again.get_steps()])
changed = Experiment(ws, "pipelines").submit(pipeline, pipeline_parameters={
    "rows": 7, "where": DataPath(store, "pipelines/other")})  # fmt: skip
note(changed=changed.wait_for_completion(show_output=False))
found = {step.name: step for step in changed.get_steps()}
note(changed_log=found["prepare"].get_stdout_log().splitlines())
regenerated = Experiment(ws, "pipelines").submit(pipeline, regenerate_outputs=True)
note(regenerated=regenerated.wait_for_completion(show_output=False))
note(not_reused=[step.properties.get("azureml.isreused") for step in regenerated.get_steps()])
later = regenerated.publish_pipeline("regenerated", "reuses what that run has done", "1").submit(
    ws, "pipelines"
)
note(later=later.wait_for_completion(show_output=False))
note(reused_later=[step.properties.get("azureml.reusedrunid") for step in later.get_steps()]
     == [step.id for step in regenerated.get_steps()])  # fmt: skip

failing = PythonScriptStep("fail.py", "failing", compute_target=target, source_directory="src")
never = PythonScriptStep("report.py", "never", compute_target=target, source_directory="src")
never.run_after(failing)
failed = Experiment(ws, "pipelines").submit(Pipeline(ws, [never]))
note(failed=refused(lambda: failed.wait_for_completion(show_output=False)), failed_status=failed.get_status())
note(failed_steps={step.name: step.get_status() for step in failed.get_steps()})
why = next(iter(failed.get_steps())).get_details()
note(why=why["error"]["error"]["message"], warned="warnings" in why)
nowhere = PythonScriptStep(
    "sleep.py", "nowhere", compute_target=("not-yet", "AmlCompute"), source_directory="src"
)
homeless = Experiment(ws, "pipelines").submit(Pipeline(ws, [nowhere]))
note(homeless=homeless.wait_for_completion(show_output=False, raise_on_error=False))
note(why_homeless=next(iter(homeless.get_steps())).get_details()["error"]["error"]["message"])
hen, egg = (
    PythonScriptStep("sleep.py", name, compute_target=target, source_directory="src")
    for name in ("hen", "egg")
)
hen.run_after(egg)
egg.run_after(hen)
try:
    Experiment(ws, "pipelines").submit(Pipeline(ws, [hen, egg]))
except Exception as error:  # noqa: BLE001
    note(endless=error.response.json()["error"]["message"])
limited = RunConfiguration()
limited.max_run_duration_seconds = 1
late = PythonScriptStep("long.py", "late", compute_target=target, source_directory="src", runconfig=limited)
over = Experiment(ws, "pipelines").submit(Pipeline(ws, [late]))
note(over=over.wait_for_completion(show_output=False, raise_on_error=False))
note(late=next(iter(over.get_steps())).get_status())
sleeping = PythonScriptStep("sleep.py", "sleeping", compute_target=target, source_directory="src")
canceled = Experiment(ws, "pipelines").submit(Pipeline(ws, [sleeping]))
while not list(canceled.get_steps()):
    time.sleep(0.2)
canceled.cancel()
note(canceled=canceled.get_status(), canceled_steps=[step.get_status() for step in canceled.get_steps()])

published = pipeline.publish("people-report", "rows of people", "1.0", continue_on_step_failure=False)
note(published=[published.name, published.version, published.status, published.endpoint.startswith("https")])
note(listed=published.id in [one.id for one in PublishedPipeline.list(ws)])
note(from_run=run.publish_pipeline("from-run", "the same from a run", "2.0").status)
graphs = (run.get_graph(), published.get_graph())
note(graphs=[sorted(node.name for node in graph.module_nodes) for graph in graphs])
submitted = published.submit(ws, "published", pipeline_parameters={"rows": 6})
note(submitted=submitted.wait_for_completion(show_output=False))
note(wrong=refused(lambda: published.submit(ws, "published", pipeline_parameters={"rows": "many"})))
principal = ServicePrincipalAuthentication(*(os.environ[f"AZUREML_SERVICE_PRINCIPAL_{name}"]
                                             for name in ("TENANT_ID", "ID", "PASSWORD")))  # fmt: skip
header = principal.get_authentication_header()
elsewhere = {"DataStoreName": store.name, "RelativePath": "pipelines/other"}
body = {
    "ExperimentName": "by-rest",
    "ParameterAssignments": {"rows": 8, "nobody": "passed over"},
    "DataPathAssignments": {"where": elsewhere},
}
answer = requests.post(published.endpoint, headers=header, json=body)
rest = PipelineRun(Experiment(ws, "by-rest"), answer.json()["Id"])
note(rest=rest.wait_for_completion(show_output=False), rest_status=answer.status_code)
note(rest_by=[rest.properties[name] for name in ("runSource", "runType")],
     rest_of=[one.properties["azureml.pipelineid"] == published.id for one in (rest, *rest.get_steps())])  # fmt: skip
note(rest_parameters=sorted(answer.json()["ParameterAssignments"]))
note(rest_log=next(s for s in rest.get_steps() if s.name == "prepare").get_stdout_log().splitlines()[-2:])
note(runs=len(PipelineRun.get_pipeline_runs(ws, published.id)))
note(refusals=[
    requests.post(published.endpoint, json=body).status_code,
    requests.post(published.endpoint, headers=header, json={"DataPathAssignments": {"x": {}}}).json(),
    requests.post(published.endpoint, headers=header, json={"ParameterAssignments": {"rows": "many"}}).json(),
    requests.post(published.endpoint[:-4] + "0000", headers=header, json=body).status_code,
    requests.post(published.endpoint, headers=header, json={"ExperimentName": "by rest"}).json(),
])  # fmt: skip
