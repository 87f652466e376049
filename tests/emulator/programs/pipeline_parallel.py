"""ParallelRunStep: mini-batches of rows and of files through an entry script."""

from pathlib import Path

import pandas as pd
from azureml.core import Dataset, Environment, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter
from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep, PythonScriptStep
from outcome import note, refused

SCORE = """
import argparse, os
import pandas as pd

def init():
    global factor, names
    parser = argparse.ArgumentParser()
    parser.add_argument("--factor", type=int)
    parser.add_argument("--names")
    args, _ = parser.parse_known_args()
    factor = args.factor
    names = sorted(os.listdir(args.names)) if args.names else []
    print("init", os.getpid(), factor, names)

def run(mini_batch, context):
    if isinstance(mini_batch, pd.DataFrame):
        assert mini_batch.x.iloc[0] == context.global_row_index_lower_bound
        return pd.DataFrame({"x": mini_batch.x, "scaled": mini_batch.x * factor})
    for path in mini_batch:
        if "bad" in path:
            raise ValueError("bad file")
    return [f"{os.path.basename(path)} {len(open(path).read())}" for path in mini_batch]
"""
READ = """
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("--scored")
args = parser.parse_args()
print("files", sorted(os.listdir(args.scored)))
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(
    ws, "batch-cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
target.wait_for_completion()
for folder, script in (("score", SCORE), ("read", READ)):
    Path(folder).mkdir(exist_ok=True)
    Path(folder, f"{folder}.py").write_text(script)
Path("in").mkdir(exist_ok=True)
pd.DataFrame({"x": range(500)}).to_csv("in/rows.csv", index=False)
for name in ("a", "b", "c", "bad"):
    Path(f"texts-{name}").mkdir(exist_ok=True)
    Path(f"texts-{name}/{name}.txt").write_text("word" * 3)
    store.upload(f"texts-{name}", "parallel/texts", overwrite=True, show_progress=False)
store.upload("in", "parallel/in", overwrite=True, show_progress=False)
table = Dataset.Tabular.from_delimited_files((store, "parallel/in/rows.csv"))
texts = Dataset.File.from_files((store, "parallel/texts/*.txt"))
side = texts.as_named_input("names").as_mount()
factor = PipelineParameter("factor", 2)
environment = Environment("batch")


def config(**given):
    base = {"environment": environment, "entry_script": "score.py", "source_directory": "score", "error_threshold": 0,
            "compute_target": target, "node_count": 2, "process_count_per_node": 1, "run_max_try": 1,
            "run_invocation_timeout": 60}  # fmt: skip
    return ParallelRunConfig(**{**base, **given})


scored, listed = PipelineData("scored", store), PipelineData("listed", store)
by_rows = ParallelRunStep(
    name="rows",
    parallel_run_config=config(
        mini_batch_size="1KB", error_threshold=0, output_action="append_row", append_row_file_name="rows.txt"
    ),
    inputs=[table.as_named_input("table")],
    side_inputs=[side],
    output=scored,
    arguments=["--factor", factor, "--names", side],
)
read = PythonScriptStep(
    "read.py", "read", ["--scored", scored], inputs=[scored], compute_target=target, source_directory="read"
)
by_files = ParallelRunStep(
    name="files",
    parallel_run_config=config(mini_batch_size="1", error_threshold=1, output_action="append_row"),
    inputs=[texts.as_named_input("texts")],
    output=listed,
    arguments=["--factor", 1],
)
run = Experiment(ws, "parallel").submit(Pipeline(ws, [read, by_files]), pipeline_parameters={"factor": 3})
note(status=run.wait_for_completion(show_output=False))
found = {step.name: step for step in run.get_steps()}
found["rows"].get_output_data("scored").download("scored", show_progress=False)
lines = next(Path("scored").rglob("rows.txt")).read_text().splitlines()
note(rows=sorted(tuple(map(int, line.split())) for line in lines) == [(x, 3 * x) for x in range(500)])
log = found["rows"].get_stdout_log().splitlines()
note(batch_step=[step.properties.get("azureml.parallelrunstep") for step in found.values()])
note(workers=sum(line.startswith("init") for line in log), batches=int(log[-1].split()[0]))
note(side=next(line for line in log if line.startswith("init")).split(" ", 2)[2])
note(read=[line for line in found["read"].get_stdout_log().splitlines() if line.startswith("files")])
found["files"].get_output_data("listed").download("listed", show_progress=False)
note(files=sorted(next(Path("listed").rglob("parallel_run_step.txt")).read_text().splitlines()))
PARTS = """
from azureml_user.parallel_run import EntryScript

def run(paths, context):
    EntryScript().logger.info("part")
    return [f"{context.partition_key_value['kind']} {len(paths)} {len(context.dataset.to_path())}"] * len(paths)

def shutdown():
    print("over")
"""
Path("score/parts.py").write_text(PARTS)
for kind, names in (("one", "ab"), ("two", "c")):
    for name in names:
        Path(f"kinds/{kind}").mkdir(parents=True, exist_ok=True)
        Path(f"kinds/{kind}/{name}.txt").write_text("x")
store.upload("kinds", "parallel/kinds", overwrite=True, show_progress=False)
parted = Dataset.File.from_files((store, "parallel/kinds/*/*.txt"), partition_format="/{kind}/{name}.txt")
parts, sized = PipelineData("parts", store), PipelineData("sized", store)
by_kind = ParallelRunStep(
    name="kinds",
    parallel_run_config=config(entry_script="parts.py", partition_keys=["kind"], output_action="append_row"),
    inputs=[parted.as_named_input("parted")],
    output=parts,
)
by_size = ParallelRunStep(
    name="sizes",
    parallel_run_config=config(
        mini_batch_size=PipelineParameter("size", "1MB"), process_count_per_node=PipelineParameter("count", 2),
        node_count=PipelineParameter("nodes", 1), output_action="append_row",
    ),
    inputs=[table.as_named_input("table")],
    output=sized,
    arguments=["--factor", 1],
)  # fmt: skip
Path("score/late.py").write_text("import time\ndef init(): time.sleep(5)\ndef run(paths): return paths\n")
late = ParallelRunStep(
    name="late",
    parallel_run_config=config(
        entry_script="late.py", mini_batch_size="9", output_action="summary_only", run_invocation_timeout=4
    ),
    inputs=[texts.as_named_input("texts")],
    output=PipelineData("later", store),
)
chosen = {"size": "1KB", "nodes": 3}
run = Experiment(ws, "parallel").submit(Pipeline(ws, [by_kind, by_size, late]), pipeline_parameters=chosen)
note(parted=run.wait_for_completion(show_output=False))
found = {step.name: step for step in run.get_steps()}
found["kinds"].get_output_data("parts").download("parts", show_progress=False)
note(parts=sorted(next(Path("parts").rglob("*.txt")).read_text().splitlines()))
log = found["kinds"].get_stdout_log().splitlines()
note(heard=["over" in log, any(line.endswith("part") for line in log)])
note(late=found["late"].get_status())
note(sizes=int(found["sizes"].get_stdout_log().splitlines()[-1].split()[0]))
note(nodes=found["sizes"].get_details()["runDefinition"]["nodeCount"])
strict = ParallelRunStep(
    name="strict",
    parallel_run_config=config(mini_batch_size="1", error_threshold=0, output_action="summary_only"),
    inputs=[texts.as_named_input("texts")],
    output=PipelineData("nothing", store),
    arguments=["--factor", 1],
)
failed = Experiment(ws, "parallel").submit(Pipeline(ws, [strict]))
note(failed=refused(lambda: failed.wait_for_completion(show_output=False)))
note(why=next(iter(failed.get_steps())).get_details()["error"]["error"]["message"])
