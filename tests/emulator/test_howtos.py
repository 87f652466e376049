"""Programs as the authors of the public how-tos of SDK v1 write them, run against the emulator as they are."""

import os
import subprocess
import sys

import pytest

from tests.emulator.conftest import PROGRAMS, installed, own_workspace

HOWTOS = sorted((PROGRAMS / "howtos").glob("*.py"))
SAYS = {
    "automl_function_forecast": "forecasts 12 22 7 [[11.0, 3.0], [11.0, 13.0]]",
    "automl_bank_marketing": "Accuracy: 0.",
    "automl_machines": "all of it went well",
    "automl_in_memory": "own model of the features: True Completed",
    "automl_orange_juice": "forecasts 80 origins 5",
    "continuous_retraining": "without new data: Canceled",
    "deploy_with_schema": "[60.0, 120.0] ['GlobalParameters', 'Inputs']",
    "deploy_sklearn_model": "my-custom-env-service Healthy",
    "aks_endpoint_traffic": "versions are gone: True",
    "datasets_tour": "partitions of weather: 2",
    "register_profile_package": "models left: 0",
    "tune_hyperparameters": "searched 2 6",
    "train_with_datasets": "table of the run: 10",
    "pipeline_batch_inference": "scored in score-digits and by REST: 2",
    "schedule_pipelines": "active 0 of 8",
    "pipeline_yaml": "loaded again: counted ['a.txt'] 5",
    "pipeline_failures": "one step is canceled: Failed",
    "pipeline_train_gate_register": "released model.txt 1.25 then Canceled",
    "pipeline_paint_frames": "painted red-a red-b red-c",
    "data_references_and_links": "used (2, 2) ['raw.csv'] ['a.txt'] one ['a.txt']",
    "pipeline_taxi_prep": "looked test ['cost'] 5 train ['distance', 'cost'] 15",
    "parallel_run_debug": "statuses broken-INFO Failed score-DEBUG Finished score-WARNING Finished",
    "pipeline_many_series": "north 3.0 [0, 0] south 6.0 [0, 1] models 2",
    "pipeline_file_choice": "rows 15 8 12 3 versions 1 2",
    "other_computes": "left 0 and 0",
    "run_anything": "RemoteCompute 10.0.0.4 VirtualMachine",
    "manage_runs": "Completed {'step': [0, 1, 2]} {'quality': 'fantastic run'}",
}


def test_there_is_something_to_expect_of_each():
    assert sorted(SAYS) == [path.stem for path in HOWTOS]


@pytest.mark.parametrize("path", HOWTOS, ids=[path.stem for path in HOWTOS])
def test_howto(path, emulator, tmp_path):
    if not installed("azureml.core"):
        pytest.skip('Azure ML\'s SDK is not installed: pip install "mlops-cli[azure]" (Python 3.11)')
    from mlops_cli.emulator.lifecycle import write_workspace_config

    own_workspace(emulator, write_workspace_config(emulator, tmp_path), path.stem)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AZUREML_", "COV_"))}
    environment |= emulator.environment(os.environ)
    command = [sys.executable, "-W", "ignore", str(path)]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, f"{ended.stdout[-3000:]}\n{ended.stderr[-6000:]}"
    assert SAYS[path.stem] in ended.stdout
