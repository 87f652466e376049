"""Experiments, runs, metrics, artifacts and snapshots."""

import os
import subprocess
import sys
import time
from pathlib import Path

from azureml.core import Experiment, Run, Workspace
from outcome import note, refused

ws = Workspace.from_config()
exp = Experiment(ws, "history")
run = exp.start_logging(snapshot_directory=None)
run.log("acc", 0.9)
for i in range(60):
    run.log("loss", i)
run.log_list("list", [1, 2, 3.5])
run.log_row("row", x=1, y=2.5)
run.log_row("row", x=2, y=3.5)
run.log_table("table", {"a": [1, 2], "b": [3, 4]})
matrix = {"class_labels": ["0", "1"], "matrix": [[1, 2], [3, 4]]}
run.log_confusion_matrix(
    "matrix", {"schema_type": "confusion_matrix", "schema_version": "v1", "data": matrix}
)
run.tag("k", "v")
run.tag("only")
run.set_tags({"a": "b"})
run.add_properties({"p": "1"})
run.add_properties({"p": "1"})
note(changed_property=refused(lambda: run.add_properties({"p": "2"})))
run.remove_tags(["a"])
note(tags=run.get_tags(), properties=run.get_properties())

Path("f.txt").write_text("hello")
Path("sub").mkdir(exist_ok=True)
Path("sub/g.txt").write_text("g")
run.upload_file("outputs/f.txt", "f.txt")
note(taken=refused(lambda: run.upload_file("outputs/f.txt", "f.txt")))
run.upload_folder("outputs/folder", "sub")
note(names=[n for n in run.get_file_names() if n.startswith("outputs")])
run.download_file("outputs/f.txt", "back.txt")
run.download_files(prefix="outputs", output_directory="all")
note(back=Path("back.txt").read_text(), all=sorted(p.name for p in Path("all").rglob("*.txt")))
run.download_files(prefix="outputs/folder", output_directory="part", append_prefix=False)
note(part=sorted(path.name for path in Path("part").rglob("*.txt")))
note(no_file=refused(lambda: run.download_file("outputs/nope.txt", "x")))
note(model=run.register_model("from-run", model_path="outputs/f.txt").run_id == run.id)

child = run.child_run(name="child")
child.log("acc", 0.7)
child.log("acc", 0.8)
child.complete()
failed, canceled = run.create_children(count=2)
failed.fail(error_details="bad thing", error_code="Bad")
canceled.cancel()
run.create_children(count=1)
note(children=sorted(c.get_status() for c in run.get_children()))
note(completed=[c.id == child.id for c in run.get_children(status="Completed")])
note(recursive=len(list(run.get_children(recursive=True))))
note(error=failed.get_details()["error"]["error"])
run.complete()

metrics = run.get_metrics()
note(
    acc=metrics["acc"], loss=metrics["loss"], list=metrics["list"], row=metrics["row"], table=metrics["table"]
)
note(one=run.get_metrics("acc"), none=run.get_metrics("nope"), kids=run.get_metrics(recursive=True)[child.id])
details = run.get_details()
note(status=[run.get_status(), details["status"], details["startTimeUtc"] < details["endTimeUtc"]])
note(portal=run.get_portal_url(), waited=run.wait_for_completion(show_output=True)["status"])
note(
    again=[
        Run(exp, run.id).id == run.id,
        ws.get_run(run.id).id == run.id,
        Run.get(ws, run.id).experiment.name,
    ]
)
note(no_run=refused(lambda: Run.get(ws, "nope")))


def ids(**wanted):
    return [r.id == run.id for r in exp.get_runs(**wanted)]


note(
    runs=ids(), by_tag=ids(tags={"k": "v"}), has_tag=ids(tags="only"), by_property=ids(properties={"p": "1"})
)
note(other=ids(tags={"k": "x"}), no_tag=ids(tags="nope"), with_children=len(ids(include_children=True)))

exp.tag("x", "y")
exp.refresh()
note(experiment_tags=dict(exp.tags))
exp.remove_tags(["x"])
exp.refresh()
note(experiment_tags_left=dict(exp.tags))
exp.archive()
note(archived="history" not in [e.name for e in Experiment.list(ws)])
exp.reactivate()
note(listed="history" in ws.experiments, lineage=Experiment.list(ws, experiment_name="history")[0].name)
again = Experiment(ws, "again")
first = again.start_logging(snapshot_directory=None)
again.archive()
first.complete()
second = Experiment(ws, "again").start_logging(snapshot_directory=None)
new = Experiment(ws, "again")
note(
    written_anew=[new.id != again.id, new.archived_time, [r.id for r in new.get_runs()] == [second.id]],
    archived_again=[e.id == again.id for e in Experiment.list(ws, view_type="ArchivedOnly")],
    archived_run=first.get_status(), not_reactivated=refused(again.reactivate),
)  # fmt: skip
new.archive()
again.reactivate()
note(reactivated=[r.id for r in Experiment(ws, "again").get_runs()] == [first.id])
empty = Experiment(ws, "empty")
note(not_empty=refused(lambda: Experiment.delete(ws, exp.id)))
Experiment.delete(ws, empty.id)
note(deleted="empty" not in ws.experiments)

Path("code").mkdir(exist_ok=True)
Path("code/a.py").write_text("1")
kept = exp.start_logging(snapshot_directory="code")
kept.complete()
Path("code/b.py").write_text("2")
more = exp.start_logging(snapshot_directory="code")
more.complete()
archive = more.restore_snapshot(path=".")
note(snapshot=[bool(kept.get_details()["properties"]["ContentSnapshotId"]), archive.endswith(".zip")])
import zipfile  # noqa: E402

note(archive=sorted(zipfile.ZipFile(archive).namelist()))

inside = exp.start_logging(snapshot_directory=None)
token = inside._client.run.get_token().token
context = {
    "AZUREML_RUN_ID": inside.id, "AZUREML_RUN_TOKEN": token, "AZUREML_RUN_TOKEN_EXPIRY": str(int(time.time()) + 3600),
    "AZUREML_ARM_SUBSCRIPTION": ws.subscription_id, "AZUREML_ARM_RESOURCEGROUP": ws.resource_group,
    "AZUREML_ARM_WORKSPACE_NAME": ws.name, "AZUREML_ARM_PROJECT_NAME": "history",
    "AZUREML_EXPERIMENT_ID": exp.id, "AZUREML_WORKSPACE_ID": ws._workspace_id,
    "AZUREML_SERVICE_ENDPOINT": ws.service_context._get_run_history_url(),
    "AZUREML_DISCOVERY_SERVICE_ENDPOINT": ws.discovery_url,
}  # fmt: skip
code = """
from azureml.core import Run
run = Run.get_context()
run.log("inner", 1.5)
run.flush()
print(run.experiment.workspace.name)
"""
env = {k: v for k, v in os.environ.items() if not k.startswith("AZUREML_SERVICE_PRINCIPAL")} | context
ended = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=env, capture_output=True, text=True)
note(context=[ended.stdout.strip(), inside.get_metrics(), ended.stderr[-300:] if ended.returncode else ""])
