"""Kills in the middle of a training and of a deployment: what was acknowledged goes on."""

import contextlib
import io
import json
import os
import random
import signal
import tarfile
import time

import pytest

from tests.emulator.wire import Wire

SECONDS = 90


@pytest.fixture
def instance(own_emulator):
    from mlops_cli.emulator.lifecycle import Settings

    own_emulator.start(Settings(fast=True, automl_seconds=4))
    return own_emulator


def kill(emulator):
    os.kill(emulator.process().pid, signal.SIGKILL)
    emulator.start()
    return Wire(emulator)


def until(check):
    deadline = time.monotonic() + SECONDS
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def submit(wire):
    """Post an AutoML run as the SDK does; its id."""
    chance = random.Random(3)
    ages = [chance.randint(18, 80) for _ in range(200)]
    table = "age,y\n" + "".join(f"{age},{'yes' if age > 50 else 'no'}\n" for age in ages)
    wire.blob("PUT", "/tables?restype=container")
    wire.blob("PUT", "/tables/t.csv", data=table)
    definition = {
        "paths": [{"file": "https://anaccount.blob.core.windows.net/tables/t.csv"}],
        "transformations": [
            {"read_delimited": {"delimiter": ",", "encoding": "utf8", "header": "all_files_same_headers"}}
        ],
    }
    flow = json.dumps({"blocks": [], "meta": {"RsDataflow": json.dumps(definition)}})
    saved = wire.aml(
        "POST",
        f"/dataset/v1.0{wire.workspace}/saveddatasets",
        json={"datasetType": "tabular", "dataflowJson": flow},
    )
    settings = {"task_type": "classification", "primary_metric": "AUC_weighted", "label_column_name": "y",
                "experiment_timeout_minutes": 15, "iterations": 1000, "n_cross_validations": 2}  # fmt: skip
    experiment = wire.aml("POST", f"/history/v1.0{wire.workspace}/experiments/kills").json()["experimentId"]
    base = f"/jasmine/v1.0{wire.workspace}/experimentids/{experiment}"
    posted = {"amlSettingsJsonString": json.dumps(settings), "target": "cpu",
              "dataPrepJsonString": json.dumps({"training_data": {"datasetId": saved.json()["id"]}})}  # fmt: skip
    run_id = wire.aml("POST", f"{base}/run", json=posted).json()
    wire.aml("POST", f"{base}/runs/{run_id}/submitSnapshotRun", json={"configuration": {"target": "cpu"}})
    return run_id


def test_training_goes_on_after_kills_of_emulator_and_worker(instance):
    wire = Wire(instance)
    run_id = submit(wire)
    url = f"/history/v1.0{wire.workspace}/experiments/kills/runs/{run_id}"
    folder = instance.instance.state / "automl" / run_id
    assert until(lambda: list(folder.glob("trials/*.json")))
    with contextlib.suppress(ProcessLookupError):
        os.kill(json.loads((folder / "worker.json").read_text())["process"]["pid"], signal.SIGKILL)
    for _ in range(3):
        told = len(list(folder.glob("trials/*.json")))
        wire = kill(instance)
        assert wire.aml("GET", url).json()["status"] in ("Running", "Completed")
    assert until(lambda: wire.aml("GET", url).json()["status"] in ("Completed", "Failed"))
    run = wire.aml("GET", url).json()
    children = wire.aml("GET", f"{url}/children").json()["value"]
    assert run["status"] == "Completed"
    assert len(children) == int(run["tags"]["iterations"]) >= told
    assert json.loads((folder / "worker.json").read_text())["starts"] == 2
    best = run["tags"]["automl_best_child_run_id"]
    paths = wire.aml("GET", f"/artifact/v2.0{wire.workspace}/artifacts/ExperimentRun/dcid.{best}").json()[
        "value"
    ]
    assert "outputs/model.pkl" in [artifact["path"] for artifact in paths]


def deploy(wire, name, script):
    """Post a service as the SDK does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("src/score.py")
        entry.size = len(script)
        archive.addfile(entry, io.BytesIO(script.encode()))
    batch = f"/artifact/v2.0{wire.workspace}/artifacts/batch/metadata/LocalUpload/{name}"
    told = wire.aml("POST", batch, json={"paths": [{"path": "src.tar.gz"}]}).json()
    address = told["artifactContentInformation"]["src.tar.gz"]["contentUri"]
    wire.session.put(address, data=packed.getvalue(), headers={"x-ms-blob-type": "BlockBlob"})
    request = {
        "modelIds": [],
        "assets": [
            {"id": "src.tar.gz", "url": f"aml://artifact/LocalUpload/{name}/src.tar.gz", "unpack": True}
        ],
        "environment": {"environmentVariables": {"AZUREML_ENTRY_SCRIPT": "src/score.py"}},
    }
    posted = {"name": name, "computeType": "ACI", "environmentImageRequest": request, "authEnabled": False}
    answer = wire.aml("POST", f"/modelmanagement/v1.0{wire.workspace}/services", json=posted)
    assert answer.status_code == 202
    return answer.headers["Operation-Location"].rpartition("/")[2]


def test_deployments_end_and_serve_after_kills(instance):
    services = instance.instance.state / "services"
    begun = {
        "acknowledged": lambda: True,
        "laid-out": lambda: list(services.rglob("laid-out/**/revisions/*")),
        "supervised": lambda: list(services.rglob("supervised/**/supervisor.json")),
    }
    operations = {}
    for name, moment in begun.items():
        operations[name] = deploy(
            Wire(instance), name, "def init(): pass\ndef run(raw): return raw.upper()\n"
        )
        assert until(moment)
        kill(instance)
    wire = Wire(instance)
    for name, operation in operations.items():
        url = f"/modelmanagement/v1.0{wire.workspace}"
        assert until(lambda: wire.aml("GET", f"{url}/operations/{operation}").json()["state"] == "Succeeded")  # noqa: B023
        service = wire.aml("GET", f"{url}/services/{name}").json()
        assert service["state"] == "Healthy"
        assert wire.session.post(service["scoringUri"], data="hello").json() == "HELLO"
    wire = kill(instance)
    assert wire.session.post(service["scoringUri"], data="again").json() == "AGAIN"
    instance.stop()
    instance.start()
    assert Wire(instance).session.post(service["scoringUri"], data="stop").json() == "STOP"


def test_operation_that_is_told_to_fail(instance):
    wire = Wire(instance)
    instance.control(
        "POST", "/emulator/faults", {"action": "operation", "match": "service.doomed", "message": "quota"}
    )
    operation = deploy(wire, "doomed", "def init(): pass\ndef run(raw): return raw\n")
    url = f"/modelmanagement/v1.0{wire.workspace}/operations/{operation}"
    assert until(lambda: wire.aml("GET", url).json()["state"] == "Failed")
    assert "quota" in wire.aml("GET", url).json()["error"]["message"]
