"""Submitted scripts."""

import time
from pathlib import Path

import pandas as pd
from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import OutputFileDatasetConfig
from outcome import note, refused

SCRIPT = """
import argparse, os, sys, time
from lib import ANSWER
parser = argparse.ArgumentParser()
for name in ("folder", "one", "table", "out", "mode"):
    parser.add_argument("--" + name)
args = parser.parse_args()
if args.mode == "fail":
    raise ValueError("boom")
if args.mode == "exit":
    sys.exit(3)
if args.mode == "sleep":
    print("sleeping", flush=True)
    time.sleep(600)
from azureml.core import Run
run = Run.get_context()
for i in range(30):
    run.log("loss", i)
run.tag("from", "child")
print("folder", sorted(os.listdir(args.folder)) if args.folder else None)
print("one", os.path.basename(args.one) if args.one else None)
if args.table:
    print("table", run.input_datasets["table"].to_pandas_dataframe().shape)
if args.out:
    open(os.path.join(args.out, "o.txt"), "w").write("out")
os.makedirs("outputs", exist_ok=True)
open("outputs/model.txt", "w").write("model")
print("answer", ANSWER, os.environ.get("MYVAR"), run.experiment.name)
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(
    ws, "script-cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
target.wait_for_completion()
Path("src/lib").mkdir(parents=True, exist_ok=True)
Path("src/lib/__init__.py").write_text("ANSWER = 42")
Path("src/train.py").write_text(SCRIPT)
Path("in").mkdir(exist_ok=True)
for name in ("a.csv", "b.csv"):
    pd.DataFrame({"x": [1, 2, 3]}).to_csv(f"in/{name}", index=False)
store.upload("in", "script-in", overwrite=True, show_progress=False)
folder = Dataset.File.from_files((store, "script-in/**"))
one = Dataset.File.from_files((store, "script-in/a.csv"))
table = Dataset.Tabular.from_delimited_files((store, "script-in/a.csv"))
out = OutputFileDatasetConfig("result", (store, "script-out/{run-id}")).register_on_complete("script-result")
environment = Environment("script-env")
exp = Experiment(ws, "scripts")


def config(*arguments, compute=target):
    made = ScriptRunConfig(
        "src", "train.py", list(arguments), compute_target=compute, environment=environment
    )
    made.run_config.environment_variables = {"MYVAR": "mine"}
    return made


run = exp.submit(config(
    "--folder", folder.as_named_input("folder").as_mount(), "--one", one.as_named_input("one").as_mount(),
    "--table", table.as_named_input("table"), "--out", out,
), tags={"q": "z"})  # fmt: skip
failing, leaving, sleeping = (exp.submit(config("--mode", mode)) for mode in ("fail", "exit", "sleep"))
on_client = exp.submit(config(compute="local"))
Path("src/more").mkdir()
Path("src/more/seen.py").write_text("value = 3\n")
Path("src/log.py").write_text(
    "from azureml.core import Run\nimport seen\nRun.get_context().log('last', seen.value)\n"
)
told = ScriptRunConfig("src", command="echo said && ls && python log.py", compute_target=target)
told.run_config.environment_variables = {"PYTHONPATH": "more"}
command = exp.submit(told)
while "sleeping" not in (sleeping.get_details_with_logs()["logFiles"].get("user_logs/std_log.txt") or ""):
    time.sleep(0.2)
sleeping.cancel()
note(canceled=sleeping.get_status())

note(status=run.wait_for_completion(show_output=True)["status"])
run.get_all_logs("logs")
lines = Path("logs/user_logs/std_log.txt").read_text().splitlines()
note(lines=lines, losses=run.get_metrics()["loss"], tags=run.get_tags(), files=run.get_file_names())
note(result=Dataset.get_by_name(ws, "script-result").to_path())
note(
    failed=refused(lambda: failing.wait_for_completion()),
    message=failing.get_details()["error"]["error"]["message"],
)
failing.get_all_logs("failed")
note(traceback=Path("failed/user_logs/std_log.txt").read_text())
note(
    left=refused(lambda: leaving.wait_for_completion()),
    code=leaving.get_details()["error"]["error"]["message"],
)
note(
    command=[
        command.wait_for_completion()["status"],
        command.get_details_with_logs()["logFiles"]["user_logs/std_log.txt"],
        command.get_metrics(),
    ]
)
note(
    local=[
        on_client.wait_for_completion()["status"],
        len(on_client.get_metrics()["loss"]),
        "outputs/model.txt" in on_client.get_file_names(),
    ]
)
note(no_target=refused(lambda: exp.submit(config(compute="nowhere"))))
