"""Find out from its logs why a parallel run fails: what was printed, logged at a level, and summed up as errors."""

import pstats
from pathlib import Path

import pandas
from azureml.core import Dataset, Environment, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import OutputFileDatasetConfig
from azureml.pipeline.core import Pipeline
from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep

SCORE = """import logging, os
from azureml_user.parallel_run import EntryScript


def init():
    global logger
    logger = EntryScript().logger
    logging.debug("of no interest")
    logging.info("anyone may say")
    os.makedirs(EntryScript().log_dir, exist_ok=True)
    with open(os.path.join(EntryScript().log_dir, "own.txt"), "w") as file:
        file.write("own")
    logger.debug("to find a defect")
    logger.info("ready")
    print("init of", EntryScript().agent_name)


def run(mini_batch):
    texts = [open(path).read() for path in mini_batch]
    if "wrong" in texts:
        logger.warning("cannot read %s", os.path.basename(mini_batch[0]))
        raise ValueError("no number")
    return [str(2 * int(text)) for text in texts]
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1)
)
for name, text in {"data/1.txt": "1", "data/2.txt": "wrong", "src/score.py": SCORE}.items():
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)
Path("src/broken.py").write_text(
    "def init():\n    raise OSError('no model')\n\n\ndef run(mini_batch):\n    return mini_batch\n"
)
numbers = Dataset.File.upload_directory("data", (store, "numbers"), show_progress=False)


def step(script, level):
    config = ParallelRunConfig(
        source_directory="src", entry_script=f"{script}.py", environment=Environment("debug"),
        compute_target=cluster, node_count=1, process_count_per_node=1, mini_batch_size="1", error_threshold=1,
        output_action="append_row", logging_level=level, run_max_try=2,
    )  # fmt: skip
    return ParallelRunStep(
        name=f"{script}-{level}", parallel_run_config=config, allow_reuse=False,
        inputs=[numbers.as_named_input("numbers").as_mount()], output=OutputFileDatasetConfig("doubled"),
        arguments=["--profiling_module", "cProfile"],
    )  # fmt: skip


steps = [step("score", "DEBUG"), step("score", "WARNING"), step("broken", "INFO")]
run = Experiment(ws, "debug").submit(Pipeline(ws, steps), continue_on_step_failure=True)
assert run.wait_for_completion(show_output=False, raise_on_error=False) == "Failed"
logs = {}
for one in run.get_steps():
    one.download_files(prefix="logs", output_directory=one.name, append_prefix=False)
    logs[one.name] = {
        str(path.relative_to(one.name)): path.read_text() for path in Path(one.name).rglob("*.txt")
    }
levels = {
    name: [line.split("|")[1] for line in found["user/entry_script_log/0/process000.log.txt"].splitlines()]
    for name, found in logs.items() if name.startswith("score")
}  # fmt: skip
assert levels == {"score-DEBUG": ["DEBUG", "INFO", "WARNING", "WARNING"], "score-WARNING": ["WARNING"] * 2}, (
    levels
)
debug, broken = logs["score-DEBUG"], logs["broken-INFO"]
assert "init of process000\n" in debug["user/stdout/0/process000.stdout.txt"]
assert debug["user/stderr/0/process000.stderr.txt"].count("ValueError: no number") == 2
assert "mini-batch 1: ValueError: no number" in debug["user/error.txt"]
assert any(name.startswith("job_progress_overview.") for name in debug), list(debug)
assert "anyone may say" in debug["user/stdout/0/process000.stdout.txt"]
assert "of no interest" not in debug["user/stdout/0/process000.stdout.txt"]
assert debug["user/entry_script_log/0/own.txt"] == "own"
assert debug["user/error/0/process000.txt"].count("Traceback") == 2
assert debug["sys/node/0/process000.txt"].count("RUN_EXCEPTION") == 2
assert "2 mini-batches, 1 items failed" in debug["job_result.txt"]
assert "The job failed: init() failed: OSError: no model" in broken["job_result.txt"]
assert pstats.Stats("score-DEBUG/sys/node/0/process000.profile").total_calls > 0
processed = pandas.read_csv("score-DEBUG/sys/job_report/processed_mini-batches.csv")
assert sorted(processed["Status"]) == ["RUN_DONE", "RUN_EXCEPTION", "RUN_EXCEPTION"]
assert processed[["Succeeded", "Failed"]].values.tolist() == [[1, 0], [0, 1], [0, 1]]
assert "OSError: no model" in broken["user/error.txt"]
print("statuses", *sorted(f"{one.name} {one.get_status()}" for one in run.get_steps()))
