"""Follow a pipeline whose steps fail, go on despite of it, wait with a limit, cancel, and read all logs."""

import os
import time

from azureml.core import Experiment, Run, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import OutputFileDatasetConfig
from azureml.pipeline.core import Pipeline, PipelineRun, StepSequence
from azureml.pipeline.steps import PythonScriptStep

ws = Workspace.from_config()
cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
experiment = Experiment(ws, "failures")
os.makedirs("scripts", exist_ok=True)
SCRIPTS = {
    "works": """from azureml.core import Run
run = Run.get_context()
run.log("metric", 1.5)
run.tag("colour", "red")
run.parent.tag("from", "a step")
with run.child_run("kid") as kid:
    kid.log("inner", 1)
open("local.txt", "w").write("kept")
run.parent.upload_file("outputs/kept.txt", "local.txt")
print("worked")
""",
    "fails": "print('before')\nraise ValueError('deliberate')\n",
    "exits": "import sys\nsys.exit(3)\n",
    "leaves": """import os, sys
for place in sys.argv[1:]:
    os.makedirs(place, exist_ok=True)
    open(os.path.join(place, "half.txt"), "w").write("half")
raise OSError("too late")
""",
    "makes_file": """import os, sys
os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
open(sys.argv[1], "w").write("one file")
""",
    "reads_file": "import sys\nprint('read', open(sys.argv[1]).read())\n",
    "sleeps": "import time\nprint('asleep', flush=True)\ntime.sleep(300)\n",
}
for name, text in SCRIPTS.items():
    with open(f"scripts/{name}.py", "w") as file:
        file.write(text)


def step(name, script, *arguments):
    return PythonScriptStep(
        name=name,
        script_name=f"{script}.py",
        arguments=list(arguments),
        source_directory="scripts",
        compute_target=cluster,
        allow_reuse=False,
    )


good, bad, after_good, after_bad = (
    step("good", "works"), step("bad", "fails"), step("after-good", "exits"), step("after-bad", "works"),
)  # fmt: skip
after_good.run_after(good)
after_bad.run_after(bad)
pipeline = Pipeline(ws, steps=[after_good, after_bad])
run = experiment.submit(pipeline, continue_on_step_failure=True, tags={"team": "red"})
try:
    run.wait_for_completion(show_output=True)
except Exception as error:  # noqa: BLE001
    print("raised", type(error).__name__)
print(run.wait_for_completion(show_output=False, raise_on_error=False))
assert run.get_tags() == {"team": "red", "from": "a step"}
own = [f"logs/azureml/{name}logs.txt" for name in ("execution", "stderr", "stdout")]
assert sorted(run.get_file_names()) == [*own, "outputs/kept.txt"]
assert sorted(run.get_details()["logFiles"]) == own
run.download_file(own[0], "executionlogs.txt")
with open("executionlogs.txt") as file:
    lines = [line.partition("Z] ")[2].strip() for line in file]
ids = sorted(one.id for one in run.get_steps())
begun = [line for line in lines if line.startswith("Submitting 1 runs, first five are: ")]
assert sorted(line.rpartition(":")[2] for line in begun) == ids
ended = [f"Completing processing run id {one}." for one in ids]
assert sorted(set(lines[:-1]) - set(begun)) == ended
assert lines[-1].startswith("Execution of experiment failed")
run.download_file(own[1], "stderrlogs.txt")
with open("stderrlogs.txt") as file:
    assert file.read().count("Completing bad ") == 1
assert {one.name: one.get_status() for one in run.get_steps()} == {
    "good": "Finished", "bad": "Failed", "after-good": "Failed",
}  # fmt: skip
failed = run.find_step_run("bad")[0]
assert failed.get_details()["error"]["error"]["message"].endswith("ValueError: deliberate")
assert "before" in failed.get_stdout_log()
assert "deliberate" in failed.get_job_log()
worked = run.find_step_run("good")[0]
assert worked.get_metrics() == {"metric": 1.5}
assert [child.get_metrics() for child in worked.get_children()] == [{"inner": 1}]
assert "STDOUT" in worked.get_details_with_logs()["logFiles"]
assert worked.get_all_logs("logs-of-good")
assert type(Run.get(ws, run.id)).__name__ == type(PipelineRun.get(ws, run.id)).__name__ == "PipelineRun"
assert [one.id for one in experiment.get_runs(tags={"team": "red"})] == [run.id]

store = ws.get_default_datastore()
mounted = OutputFileDatasetConfig("mounted", (store, "mounted"))
uploaded = OutputFileDatasetConfig("uploaded", (store, "uploaded")).as_upload()
whole = OutputFileDatasetConfig("whole", (store, "whole/{run-id}/{output-name}")).as_upload()
steps = [
    step("half", "leaves", mounted, uploaded),
    step("make", "makes_file", whole),
    step("read", "reads_file", whole.as_input()),
]
halves = experiment.submit(Pipeline(ws, steps), continue_on_step_failure=True)
assert halves.wait_for_completion(show_output=False, raise_on_error=False) == "Failed"
store.download("halves", prefix="mounted", show_progress=False)
assert os.listdir("halves") == ["mounted"]
assert store.download("halves", prefix="uploaded", show_progress=False) == 0
assert "read one file" in halves.find_step_run("read")[0].get_stdout_log()

strict = experiment.submit(Pipeline(ws, steps=StepSequence([step("first", "exits"), step("never", "works")])))
assert strict.wait_for_completion(show_output=False, raise_on_error=False) == "Failed"
assert [one.name for one in strict.get_steps()] == ["first"]

slow = experiment.submit(Pipeline(ws, steps=[step("slow", "sleeps")]))
assert slow.wait_for_completion(show_output=True, timeout_seconds=2) == "Running"
slow.cancel()
assert slow.wait_for_completion(show_output=False, raise_on_error=False) == "Canceled"

two = experiment.submit(Pipeline(ws, steps=[step("long", "sleeps"), step("short", "works")]))
while not two.find_step_run("long"):
    time.sleep(0.2)
two.find_step_run("long")[0].cancel()
print("one step is canceled:", two.wait_for_completion(show_output=False, raise_on_error=False))
assert {one.name: one.get_status() for one in two.get_steps()} == {"long": "Canceled", "short": "Finished"}
