"""One model for each of many series: split files in batches, train and register, forecast by partitions, collect."""

from pathlib import Path

from azureml.core import Dataset, Environment, Experiment, Model, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import OutputFileDatasetConfig
from azureml.pipeline.core import Pipeline, PipelineParameter
from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep, PythonScriptStep

SPLIT = """import argparse
from pathlib import Path
import pandas as pd
from azureml_user.parallel_run import EntryScript


def init():
    global folders, logger, rows
    parser = argparse.ArgumentParser()
    parser.add_argument("--train")
    parser.add_argument("--test")
    parser.add_argument("--test_rows", type=int)
    args, _ = parser.parse_known_args()
    folders, rows, logger = (Path(args.train), Path(args.test)), args.test_rows, EntryScript().logger
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)


def run(mini_batch):
    told = []
    for file in mini_batch:
        frame = pd.read_csv(file)
        for folder, part in zip(folders, (frame[:-rows], frame[-rows:])):
            part.to_csv(folder / Path(file).name, index=False)
        logger.info("split %s", file)
        told.append([Path(file).stem, len(frame)])
    return pd.DataFrame(told)
"""
TRAIN = """import shutil
from pathlib import Path
import pandas as pd
from azureml.core import Model, Run
from entry_script import EntryScript

run_now = Run.get_context()


def init():
    global output_dir
    output_dir = Path(EntryScript().output_dir)


def run(mini_batch):
    for file in mini_batch:
        series = Path(file).stem
        mean = pd.read_csv(file)["sold"].mean()
        model = f"{series}.txt"
        Path(model).write_text(str(mean))
        shutil.copy(model, output_dir)
        run_now.parent.log_row("means", series=series, mean=mean)
        Model.register(run_now.experiment.workspace, model, f"mean-{series}", tags={"run": run_now.parent.id})
    return mini_batch
"""
FORECAST = """import os
from pathlib import Path
import pandas as pd
from azureml.core import Model
from azureml_user.parallel_run import EntryScript


def run(paths, context):
    series = context.partition_key_value["series"]
    mean = float(Path(Model.get_model_path(f"mean-{series}")).read_text())
    frame = pd.concat([pd.read_csv(path) for path in paths]).assign(series=series, forecast=mean)
    frame.to_csv(os.path.join(EntryScript().output_dir, f"{series}.csv"), index=False)
    return [series]
"""
COLLECT = """import sys
from pathlib import Path
import pandas as pd
frame = pd.concat([pd.read_csv(file) for file in sorted(Path(sys.argv[1]).glob("*.csv"))])
Path(sys.argv[2], "all.csv").write_text(frame.to_csv(index=False))
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "series-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
Path("src").mkdir()
for name, text in {"split": SPLIT, "train": TRAIN, "forecast": FORECAST, "collect": COLLECT}.items():
    Path(f"src/{name}.py").write_text(text)
Path("sales").mkdir()
for name, sold in {"north": [2, 3, 4, 3, 3], "south": [4, 6, 8, 6, 7]}.items():
    Path(f"sales/{name}.csv").write_text("sold\n" + "".join(f"{one}\n" for one in sold))
sales = Dataset.File.upload_directory("sales", (store, "sales"), show_progress=False).register(ws, "sales")


def batches(script, inputs, output, arguments=(), **settings):
    config = ParallelRunConfig(
        source_directory="src", entry_script=f"{script}.py", environment=Environment("series"), node_count=1,
        compute_target=cluster, error_threshold=0, process_count_per_node=1, run_invocation_timeout=120, **settings,
    )  # fmt: skip
    return ParallelRunStep(
        name=f"{script}-series", parallel_run_config=config, inputs=[inputs], output=output,
        arguments=list(arguments), allow_reuse=False,
    )  # fmt: skip


def output(name):
    return OutputFileDatasetConfig(name, (store, f"{name}/{{run-id}}"))


told, train, models = (output(name) for name in ("told", "train", "models"))
test = OutputFileDatasetConfig("test", (store, "test"))
forecasts = OutputFileDatasetConfig("forecasts", (store, "forecasts"))
report = output("report").read_delimited_files().register_on_complete("forecasts-of-all")
split = batches(
    "split", sales.as_named_input("sales").as_mount(), told,
    ["--train", train, "--test", test, "--test_rows", PipelineParameter("test_rows", 1)],
    output_action="append_row", mini_batch_size="1", append_row_file_name="told.txt",
)  # fmt: skip
learn = batches(
    "train", train.as_input("train_in").as_mount(), models, output_action="append_row", mini_batch_size="10"
)
first = Experiment(ws, "many-series").submit(
    Pipeline(ws, [split, learn]), pipeline_parameters={"test_rows": 2}
)
first.wait_for_completion(show_output=False)
names = sorted(model.name for model in Model.list(ws, tags=[["run", first.id]]))
assert names == ["mean-north", "mean-south"], names
assert sorted(first.get_metrics()["means"]["series"]) == ["north", "south"]
first.find_step_run("split-series")[0].get_output_data("told").download("back", show_progress=False)
assert sorted(next(Path("back").rglob("told.txt")).read_text().splitlines()) == ["north 5", "south 5"]

parts = Dataset.File.from_files((store, "test/*.csv"), partition_format="/test/{series}.csv")
forecast = batches(
    "forecast",
    parts.as_named_input("parts"),
    forecasts,
    partition_keys=["series"],
    output_action="summary_only",
)
collect = PythonScriptStep(
    "collect.py", "collect", [forecasts.as_input("forecasts_in").as_mount(), report], compute_target=cluster,
    source_directory="src",
)  # fmt: skip
published = Pipeline(ws, [collect]).publish("forecast-series", "forecasts of all series", "1")
published.submit(ws, "many-series").wait_for_completion(show_output=False)
frame = Dataset.get_by_name(ws, "forecasts-of-all").to_pandas_dataframe()
frame["off"] = frame["sold"].astype(int) - frame["forecast"].astype(float).astype(int)
found = {
    name: (float(rows["forecast"].iloc[0]), rows["off"].tolist()) for name, rows in frame.groupby("series")
}
print(*(f"{name} {mean} {off}" for name, (mean, off) in found.items()), "models", len(Model.list(ws)))
