"""What run history holds of an AutoML run and its children: fields, properties and tags that clients read."""

from __future__ import annotations

import datetime
import re
from typing import Any

import msgspec

from mlops_cli.emulator.azure.jasmine.names import CONDA_FILE, SCHEMA_VERSION, SCORING_FILES
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

ENVIRONMENT = "AzureML-AutoML"
SHOWN_AT_ONCE = 100
"""The SDK prints `max_concurrent_iterations` children every ten seconds, even of a run that is over."""


def settings_of(posted: Document) -> Document:
    """The settings of AutoMLConfig inside of what is posted. Raises ApiError 400."""
    try:
        settings: Document = msgspec.json.decode(posted["amlSettingsJsonString"])
    except (KeyError, TypeError, msgspec.DecodeError):
        raise bad_request("amlSettingsJsonString is missing or no JSON.", "InvalidSettings") from None
    return settings


def test_data(posted: Document) -> str:
    """The id of the table on which the best model is tested, empty where there is none."""
    return _table(posted, "test_data")


def validation_data(posted: Document) -> str:
    """The id of the table whose rows judge, empty where the search makes folds."""
    return _table(posted, "validation_data")


def dataset_id(posted: Document) -> str:
    """The id of the training data. Raises ApiError 400.

    AutoMLStep has it validated with the data where the target should be.
    """
    if found := _table(posted, "training_data"):
        return found
    raise bad_request("Training data must be a TabularDataset.", "NoTrainingData")


def _table(posted: Document, name: str) -> str:
    """The id of the table that is given as `name`."""
    text: str = posted.get("dataPrepJsonString") or posted.get("target") or ""
    found = re.search(rf'"{name}":\s*\{{"datasetId":\s*"([^"]+)"', text.replace('\\"', '"'))
    return found[1] if found else ""


def parent(posted: Document) -> Document:
    """The parent run as it is made."""
    settings = settings_of(posted)
    shown = settings | {"max_concurrent_iterations": SHOWN_AT_ONCE}
    given = {k: str(v) for k, v in (posted.get("properties") or {}).items()}
    properties = {
        "num_iterations": str(posted.get("numIterations") or settings.get("iterations")),
        "training_type": "TrainFull",
        "acquisition_function": "EI",
        "primary_metric": settings["primary_metric"],
        "train_split": "0",
        "acquisition_parameter": "0",
        "num_cross_validation": str(posted.get("numCrossValidation") or ""),
        "target": posted.get("target") or "",
        "AMLSettingsJsonString": msgspec.json.encode(shown).decode(),
        "DataPrepJsonString": posted.get("dataPrepJsonString") or "",
        "EnableSubsampling": "False",
        "runTemplate": "AutoML",
        "azureml.runsource": "automl",
        "display_task_type": str(settings.get("task_type")),
        "ClientType": "SDK",
        **given,
    }
    return {"runType": "automl", "target": posted.get("target"), "status": "NotStarted", "properties": properties,
            "tags": posted.get("tags") or {}, "inputDatasets": _inputs(posted)}  # fmt: skip


def _inputs(posted: Document) -> list[Document]:
    """The tables that go into the run, as its details tell them."""
    found = {name: _table(posted, name) for name in ("training_data", "validation_data", "test_data")}
    return [
        {
            "identifier": {"savedId": table},
            "consumptionType": "RunInput",
            "inputDetails": {"inputName": name, "mechanism": "Direct"},
        }
        for name, table in found.items()
        if table
    ]


def child(parent: Document, trial: Document, ended: str, metric: str) -> Document:
    """The child run of a trial, without its status."""
    number, seconds = trial["iteration"], trial["duration_seconds"]
    start = datetime.datetime.fromisoformat(ended) - datetime.timedelta(seconds=seconds)
    run_id = f"{parent['runId']}_{number}"
    files = f"aml://artifact/ExperimentRun/dcid.{run_id}/outputs"
    score = trial["metrics"].get(metric)
    properties = {
        "runTemplate": "automl_child",
        "iteration": str(number),
        "pipeline_id": f"{trial['algorithm']}-{number}",
        **_pipeline(trial),
        "run_preprocessor": "",
        "run_algorithm": trial["algorithm"],
        "training_percent": "100",
        "primary_metric": metric,
        "score": "nan" if score is None else repr(score),
        "model_name": f"AutoML{parent['runId'].removeprefix('AutoML_').replace('-', '')[:12]}{number}",
        "model_output_path": "outputs/model.pkl",
        "model_data_location": f"{files}/model.pkl",
        "scoring_data_location": f"{files}/{SCORING_FILES[0]}",
        "conda_env_data_location": f"{files}/{CONDA_FILE}",
        "dependencies_versions": parent["properties"].get("dependencies_versions", "{}"),
        "azureml.runsource": "automl",
    }
    return {
        "parentRunId": parent["runId"],
        "runType": "azureml.scriptrun",
        "target": parent["target"],
        "runDefinition": parent.get("runDefinition"),
        "startTimeUtc": start.isoformat(),
        "properties": properties,
    }


def _pipeline(trial: Document) -> dict[str, str]:
    """How the model of a trial is made, and of which children an ensemble consists."""
    step = {"module": "mlops_cli", "class_name": trial["algorithm"], "spec_class": "sklearn", "param_args": [],
            "param_kwargs": trial["parameters"], "prepared_kwargs": {}}  # fmt: skip
    pipeline = {"pipeline_id": f"{trial['algorithm']}-{trial['iteration']}", "objects": [step]}
    text = msgspec.json.encode(pipeline).decode()
    found = {"pipeline_spec": text, "pipeline_script": text}
    if members := trial["parameters"].get("members"):
        found["ensembled_iterations"] = str([member["iteration"] for member in members])
        found["ensembled_algorithms"] = str([member["algorithm"] for member in members])
        found["ensemble_weights"] = str([member["weight"] for member in members])
    return found


def definition(configuration: Document) -> Document:
    """The run's definition, with the curated environment in which Azure has AutoML run."""
    environment = configuration.get("environment") or {}
    return {**configuration, "environment": {**environment, "name": ENVIRONMENT, "version": "1"}}


def end_parent(document: Document, result: Document) -> None:
    """Properties and tags with which an AutoML run ends."""
    tags, properties = document["tags"], document["properties"]
    tags["_aml_system_automl_status"] = result["status"]
    tags["iterations"] = str(document.get("_children", 0))
    if result.get("best") is not None:
        tags["automl_best_child_run_id"] = f"{document['runId']}_{result['best']}"
    if result["status"] == "Completed":
        if result.get("explanations"):
            tags["model_explain_run"] = "best_run"
    elif result["status"] == "Failed":
        began = "ProblemInfoJsonString" in properties
        properties["errors"] = result["error"] if began else f"Setup iteration failed: {result['error']}"


def reopen(document: Document) -> None:
    """Let a run that has ended go on. Clients believe the tag before the status."""
    document |= {"status": "Running", "endTimeUtc": None, "error": None}
    document["tags"].pop("_aml_system_automl_status", None)
    document["properties"].pop("errors", None)


def explanation(run: Document, result: Document) -> Document:
    """The run of a model explanation. It is a child of the best child: scripts take those of the run for trials."""
    return {
        "parentRunId": f"{run['runId']}_{result['best']}",
        "runType": "azureml.scriptrun",
        "target": run["target"],
        "properties": {"runTemplate": "ModelExplain", "azureml.runsource": "automl"},
    }


def problem_info(document: Document) -> None:
    """Say that setup is over: until then the SDK prints no child."""
    info = {"dataset_num_categorical": 0, "is_sparse": False, "subsampling": False}
    document["properties"]["ProblemInfoJsonString"] = msgspec.json.encode(info).decode()


def verifier_results(faults: list[Document]) -> Document:
    return {"schema_version": SCHEMA_VERSION, "faults": faults}


def error(message: str, details: Any = ()) -> Document:
    lines = [{"code": "Detail", "message": str(line)} for line in details]
    document = {"code": "UserError", "message": message, "messageParameters": {}, "details": lines}
    return {"error": document, "time": now()}
