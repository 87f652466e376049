"""Clean two tables of taxi trips, merge and split them, each step a table for the next, and read the rows back."""

from pathlib import Path

import pandas
from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.runconfig import RunConfiguration
from azureml.pipeline.core import Pipeline, PipelineData
from azureml.pipeline.steps import PythonScriptStep

CLEAN = """import argparse, os
from azureml.core import Run
parser = argparse.ArgumentParser()
parser.add_argument("--columns")
parser.add_argument("--out")
args = parser.parse_args()
names = dict(pair.split(":") for pair in args.columns.split(";"))
rows = Run.get_context().input_datasets["raw"].to_pandas_dataframe().rename(columns=names)
os.makedirs(args.out, exist_ok=True)
rows[list(names.values())].dropna().to_parquet(os.path.join(args.out, "clean.parquet"))
"""
SPLIT = """import os, sys
import pandas
from azureml.core import Run
from sklearn.model_selection import train_test_split
run = Run.get_context()
rows = pandas.concat([run.input_datasets[name].to_pandas_dataframe() for name in ("green", "yellow")])
for place, part in zip(sys.argv[1:], train_test_split(rows[rows.distance > 0], test_size=0.25, random_state=1)):
    os.makedirs(place, exist_ok=True)
    part.to_parquet(os.path.join(place, "part.parquet"))
run.parent.log("rows", len(rows))
"""
LOOK = """from azureml.core import Run
for name, table in sorted(Run.get_context().input_datasets.items()):
    rows = table.to_pandas_dataframe()
    print(name, list(rows.columns), len(rows))
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
Path("prep").mkdir()
for name, text in {"clean": CLEAN, "split": SPLIT, "look": LOOK}.items():
    Path(f"prep/{name}.py").write_text(text)
trips = pandas.DataFrame({"tripDistance": [1.0, 0.0, 2.5, None] * 5, "totalAmount": [5.0, 1.0, 9.5, 2.0] * 5})
trips.to_csv("green.csv", index=False)
trips.to_parquet("yellow.parquet")
store.upload_files(["green.csv", "yellow.parquet"], target_path="taxi", show_progress=False)
green = Dataset.Tabular.from_delimited_files(store.path("taxi/green.csv"))
yellow = Dataset.Tabular.from_parquet_files((store, "taxi/yellow.parquet"))

config = RunConfiguration()
config.target = cluster
config.environment.python.conda_dependencies = CondaDependencies.create(
    conda_packages=["pandas", "scikit-learn"], pip_packages=["azureml-sdk", "pyarrow"]
)


def step(name, script, arguments, inputs, outputs):
    return PythonScriptStep(
        name=name, script_name=f"{script}.py", source_directory="prep", compute_target=cluster,
        runconfig=config, arguments=arguments, inputs=inputs, outputs=outputs, allow_reuse=True,
    )  # fmt: skip


def cleaning(colour, table, out):
    columns = "tripDistance:distance;totalAmount:cost"
    name, arguments = f"Clean {colour} Taxi Data", ["--columns", columns, "--out", out]
    return step(name, "clean", arguments, [table.as_named_input("raw")], [out])


clean_green, clean_yellow, train, test = (
    PipelineData(name, datastore=store).as_dataset() for name in ("green", "yellow", "train", "test")
)
steps = [
    cleaning("Green", green, clean_green),
    cleaning("Yellow", yellow, clean_yellow),
    step(
        "Split", "split", [train, test],
        [clean_green.parse_parquet_files(), clean_yellow.parse_parquet_files()], [train, test],
    ),
    step("Look", "look", [], [train.parse_parquet_files(), test.parse_parquet_files().keep_columns("cost")], []),
]  # fmt: skip
run = Experiment(ws, "taxi").submit(Pipeline(ws, steps), regenerate_outputs=True)
run.wait_for_completion(show_output=False)
assert run.get_metrics() == {"rows": 30}
run.find_step_run("Split")[0].get_output_data("train").download("local", show_progress=False)
rows = pandas.read_parquet(next(Path("local").rglob("part.parquet")))
assert (list(rows.columns), len(rows)) == (["distance", "cost"], 15)
log = run.find_step_run("Look")[0].get_stdout_log().splitlines()
print("looked", *(line for line in log if line.startswith("t")))
