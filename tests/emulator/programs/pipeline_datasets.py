"""Data between steps as OutputFileDatasetConfig and PipelineData have it; commands; AutoML on what a step made."""

import json
from pathlib import Path

from azureml.core import Dataset, Experiment, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import OutputFileDatasetConfig
from azureml.data.datapath import DataPath, DataPathComputeBinding
from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, StepSequence, TrainingOutput
from azureml.pipeline.steps import AutoMLStep, CommandStep, PythonScriptStep
from azureml.train.automl import AutoMLConfig
from outcome import note

MAKE = """
import argparse, os
import numpy as np
import pandas as pd
parser = argparse.ArgumentParser()
parser.add_argument("--out")
parser.add_argument("--kind", default="csv")
args = parser.parse_args()
os.makedirs(args.out, exist_ok=True)
numbers = np.random.default_rng(7).normal(size=(120, 2))
frame = pd.DataFrame(numbers, columns=["a", "b"]).assign(label=(numbers[:, 0] > 0).astype(int))
if args.kind == "csv":
    frame.to_csv(os.path.join(args.out, "part.csv"), index=False)
    open(os.path.join(args.out, "note.txt"), "w").write("not a table")
else:
    frame.to_parquet(os.path.join(args.out, "part.parquet"))
"""
USE = """
import os
import sys
from azureml.core import Run
for name, value in sorted(Run.get_context().input_datasets.items()):
    if hasattr(value, "to_pandas_dataframe"):
        frame = value.to_pandas_dataframe()
        print("table", name, len(frame), sorted(frame.columns))
    else:
        print("files", name, sorted(os.listdir(value)))
print("arguments", [os.path.basename(one) for one in sys.argv[1:]])
"""
ws = Workspace.from_config()
store = ws.get_default_datastore()
target = ComputeTarget.create(ws, "cpu", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=1))
experiment = Experiment(ws, "datasets-between-steps")
Path("src").mkdir(exist_ok=True)
Path("src/make.py").write_text(MAKE)
Path("src/use.py").write_text(USE)


def script(name, file, arguments=(), **more):
    return PythonScriptStep(
        file, name, list(arguments), compute_target=target, source_directory="src", **more
    )


def told(run, step):
    lines = next(iter(run.find_step_run(step))).get_stdout_log().splitlines()
    return [line for line in lines if line.startswith(("table", "files", "arguments"))]


files = OutputFileDatasetConfig("prepared", destination=(store, "prep/{run-id}/{output-name}"))
files = files.register_on_complete("prepared_files")
table = OutputFileDatasetConfig("rows").read_delimited_files(path_glob="*.csv").keep_columns(["a", "label"])
table = table.register_on_complete("prepared_rows", "a and label", {"of": "pipeline"})
old = PipelineData("old", store).as_dataset().register("prepared_old")
steps = [
    script("make-files", "make.py", ["--out", files]),
    script("make-table", "make.py", ["--out", table]),
    script("make-old", "make.py", ["--out", old], outputs=[old]),
    script("use-mounted", "use.py", ["--in", files.as_input("mounted").as_mount()]),
    script("use-table", "use.py", inputs=[table.as_input("rows_in")]),
    script("use-old", "use.py", inputs=[old.parse_delimited_files()]),
]
run = experiment.submit(Pipeline(ws, steps))
note(status=run.wait_for_completion(show_output=False), registered=ws.datasets["prepared_files"].version)
rows = ws.datasets["prepared_rows"]
note(rows=[list(rows.to_pandas_dataframe().columns), rows.description, rows.tags])
note(old=sorted(Path(name).name for name in ws.datasets["prepared_old"].to_path()))
note(uses={name: told(run, name) for name in ("use-mounted", "use-table", "use-old")})

for name in ("first", "second"):
    Path(name).mkdir(exist_ok=True)
    Path(name, f"{name}.csv").write_text("q,w\n1,2\n" + "3,4\n" * (name == "second"))
    store.upload(name, name, overwrite=True, show_progress=False)
tables = [Dataset.Tabular.from_delimited_files((store, f"{name}/{name}.csv")) for name in ("first", "second")]
path = (PipelineParameter("where", DataPath(store, "first")), DataPathComputeBinding("mount"))
rows = DatasetConsumptionConfig("chosen", PipelineParameter("table", tables[0]))
pipeline = Pipeline(ws, [script("look", "use.py", ["--where", path, rows], inputs=[path, rows])])
note(problems=pipeline.validate())
changed = {"where": DataPath(store, "second"), "table": tables[1]}
run = pipeline.submit("datasets-between-steps", pipeline_parameters=changed)
note(changed=run.wait_for_completion(show_output=False), looked=told(run, "look"))

out = OutputFileDatasetConfig("made")
command = ["echo", "files", "&&", "python", "make.py", "--out", out, "--kind csv", "&& echo files made"]
steps = [
    CommandStep(name="shell", command=command, compute_target=target, source_directory="src"),
    script("after", "use.py", ["--in", out.as_input("made_in").as_download()]),
]
run = experiment.submit(Pipeline(ws, StepSequence(steps)))
note(command=run.wait_for_completion(show_output=False), said=told(run, "shell"), after=told(run, "after"))


def trained(name, data, producer):
    metrics = PipelineData(
        f"{name}_metrics", store, pipeline_output_name="metrics", training_output=TrainingOutput("Metrics")
    )
    settings = AutoMLConfig(
        task="classification", training_data=data, label_column_name="label", primary_metric="AUC_weighted",
        compute_target=target, experiment_timeout_hours=0.3, iterations=1, n_cross_validations=2,
        model_explainability=False,
    )  # fmt: skip
    run = experiment.submit(Pipeline(ws, [producer, AutoMLStep(name, settings, outputs=[metrics])]))
    run.wait_for_completion(show_output=False)
    output = run.get_pipeline_output("metrics")
    output.download(name, show_progress=False)
    found = json.loads(Path(name, output._path_on_datastore).read_text())
    return [values["AUC_weighted"][0] for values in found.values()]


parquet = OutputFileDatasetConfig("parquet").read_parquet_files()
note(parquet=trained("on_parquet", parquet, script("p", "make.py", ["--out", parquet, "--kind", "parquet"])))
again = PipelineData("again", store).as_dataset()
note(
    csv=trained(
        "on_csv", again.parse_delimited_files(), script("c", "make.py", ["--out", again], outputs=[again])
    )
)
