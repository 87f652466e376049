"""Paint the files of a container without credentials, in parallel, in a style that who triggers the run chooses."""

from pathlib import Path

import requests
from azureml.core import Dataset, Datastore, Environment, Experiment, Model, Workspace
from azureml.core.authentication import InteractiveLoginAuthentication
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.data import OutputFileDatasetConfig
from azureml.pipeline.core import Pipeline, PipelineParameter, PublishedPipeline
from azureml.pipeline.core.run import PipelineRun
from azureml.pipeline.steps import ParallelRunConfig, ParallelRunStep

PAINT = """import argparse, os
from azureml.core import Run
from azureml.core.model import Model


def init():
    global own, place, style
    parser = argparse.ArgumentParser()
    parser.add_argument("--style")
    args, _ = parser.parse_known_args()
    place = os.environ["AZUREML_BI_OUTPUT_PATH"]
    style = open(Model.get_model_path(args.style)).read()
    own = Run.get_context()


def run(mini_batch):
    own.log("frames", len(mini_batch))
    own.parent.log("done", 1)
    for frame in mini_batch:
        with open(os.path.join(place, os.path.basename(frame)), "w") as file:
            file.write(style + open(frame).read())
    return mini_batch
"""
ws = Workspace.from_config()
cluster = ComputeTarget.create(
    ws, "cpu-cluster", AmlCompute.provisioning_configuration("STANDARD_D2_V2", max_nodes=2)
)
owner = Datastore.register_azure_blob_container(
    ws, "owner", "sample-videos", account_name="videosaccount", account_key="a2V5a2V5"
)
texts = {"frames/1.txt": "a", "frames/2.txt": "b", "frames/3.txt": "c", "models/red.txt": "red-"}
for name, text in {**texts, "scripts/paint.py": PAINT}.items():
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)
Dataset.File.upload_directory("frames", (owner, "clips"))
Model.register(ws, model_path="models/red.txt", model_name="red")

videos = Datastore.register_azure_blob_container(
    ws, "videos", "sample-videos", account_name="videosaccount", overwrite=True
)
frames = Dataset.File.from_files((videos, "clips/*.txt"))
painted = OutputFileDatasetConfig(name="painted")
parallel = ParallelRunConfig(
    environment=Environment("painting"), entry_script="paint.py", source_directory="scripts",
    output_action="summary_only", mini_batch_size="2", error_threshold=1, compute_target=cluster,
    node_count=PipelineParameter("nodecount", 2), process_count_per_node=1,
)  # fmt: skip
paint = ParallelRunStep(
    name="paint", inputs=[frames.as_named_input("frames").as_mount()], output=painted, allow_reuse=False,
    parallel_run_config=parallel, arguments=["--style", PipelineParameter("style", "red")],
)  # fmt: skip
pipeline = Pipeline(workspace=ws, steps=[paint])
pipeline.validate()
run = Experiment(ws, "paint").submit(pipeline)
run.wait_for_completion(show_output=False)
step = run.find_step_run("paint")[0]
step.get_details()["outputDatasets"][0]["dataset"].download("painted")
assert sorted(step.get_metrics()["frames"]) == [1, 2]
assert run.get_metrics() == {"done": [1, 1]}

pipeline.publish(name="Paint", description="in a style")
published = next(one for one in PublishedPipeline.list(ws) if one.name == "Paint")
header = InteractiveLoginAuthentication().get_authentication_header()
body = {"ExperimentName": "by-rest", "ParameterAssignments": {"Style": "blue", "NodeCount": 1}}
response = requests.post(published.endpoint, headers=header, json=body)
PipelineRun(ws.experiments["by-rest"], response.json()["Id"]).cancel()
assert response.json()["ParameterAssignments"] == {"style": "blue", "nodecount": 1}
print("painted", " ".join(file.read_text() for file in sorted(Path("painted").rglob("*.txt"))))
