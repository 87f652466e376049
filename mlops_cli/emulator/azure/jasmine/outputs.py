"""The files of a child run, named as Azure AutoML names them."""

from __future__ import annotations

import logging
import pickle
import shutil
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from mlops_cli.domain.training import TrainSettings
from mlops_cli.emulator.azure.jasmine import charts, explanations, scoring_file
from mlops_cli.emulator.azure.jasmine.folder import AutoMLFolder
from mlops_cli.emulator.azure.jasmine.names import CONDA_FILE, SCORING_FILES
from mlops_cli.emulator.state import Document
from mlops_cli.engine.files import write_atomic
from mlops_cli.engine.model import folder as model_folder
from mlops_cli.engine.model.forecast_pipeline import ForecastPipeline
from mlops_cli.engine.model.pipeline import FittedPipeline

if TYPE_CHECKING:
    import pandas

    from mlops_cli.engine.automl.trials import Trial


log = logging.getLogger("automl")


def write_children(
    folder: AutoMLFolder,
    table: pandas.DataFrame,
    settings: TrainSettings,
    best: int,
    validation: pandas.DataFrame | None,
) -> None:
    """Write the files of all completed children."""
    from mlops_cli.engine.automl.children import publish_trials

    def place(trial: Trial) -> Path | None:
        return folder.path / "models" / str(trial.iteration) if trial.iteration != best else None

    publish_trials(table, settings, folder.search, place, validation)
    models = {int(path.name): path for path in (folder.path / "models").glob("[0-9]*")}
    for number, model in {**models, best: folder.search / "model"}.items():
        write_one(folder, model, number)


def write_one(folder: AutoMLFolder, model: Path, number: int) -> None:
    """Write the files of one child, if they are not there yet."""
    if not folder.child(number).exists():
        write(model, folder.child(number))


def add_charts(folder: AutoMLFolder) -> None:
    """What the trials' answers look like, beside the models of the children."""
    from mlops_cli.engine.automl.workdir import answers_of, judged_of

    judged = judged_of(folder.search)
    classes = model_folder.load(folder.search / "model").schema.classes
    for place in (folder.path / "children").glob("[0-9]*"):
        answers = answers_of(folder.search, int(place.name))
        if judged is not None and answers is not None:
            for name, chart in charts.charts(judged["y"], answers, classes).items():
                write_atomic(place / name, msgspec.json.encode(chart))


def add_onnx(folder: AutoMLFolder, best: int) -> None:
    """ONNX models beside the others, of all children that have one; what was asked for is tried, not owed."""
    from mlops_cli.engine.compile.forest import NotCompilableError
    from mlops_cli.engine.compile.raw_columns import whole

    models = {path.name: path for path in (folder.path / "models").glob("[0-9]*")}
    for number, model in {**models, str(best): folder.search / "model"}.items():
        place = folder.child(int(number)) / "outputs"
        try:
            graph, inputs = whole(model_folder.load(model))
        except NotCompilableError as error:
            log.info("no ONNX model of child %s: %s", number, error.message)
            continue
        write_atomic(place / "model.onnx", graph)
        kinds = dict(inputs.values())
        _json(
            place / "model_onnx.json",
            {
                "InputRawColumnSchema": {raw: kinds[name] for raw, (name, _) in inputs.items()},
                "InputOnnxColumnSchema": kinds,
                "RawColumnNameToOnnxNameMap": {raw: name for raw, (name, _) in inputs.items()},
                "CanEnableBatchMode": True,
            },
        )


def explain(folder: AutoMLFolder, run_id: str, best: int) -> list[Document]:
    """Add the explanations of the best child to its files; the assets that describe them."""
    if (known := folder.read("explanations")) is not None:
        return list(known["assets"])
    place = folder.child(best)
    shutil.rmtree(place / "explanation", ignore_errors=True)
    assets = explanations.write(model_folder.load(folder.search / "model"), f"{run_id}_{best}", place)
    folder.write("explanations", {"assets": assets})
    return assets


def write(model: Path, target: Path) -> None:
    """Turn a model folder of ours into the files of a child run, whole or not at all."""
    draft = target.with_name(f".{target.name}")
    shutil.rmtree(draft, ignore_errors=True)
    outputs = draft / "outputs"
    outputs.mkdir(parents=True)
    manifest = model_folder.load_manifest(model)
    fitted = _fitted(model_folder.load(model), manifest.algorithm)
    with (outputs / "model.pkl").open("wb") as file:
        pickle.dump(fitted, file, protocol=4)
    for name in SCORING_FILES:
        (outputs / name).write_text(scoring_file.text(fitted.schema))
    (outputs / CONDA_FILE).write_text(_conda(manifest))
    packages = {"mlops-cli": metadata.version("mlops-cli"), **manifest.packages}
    _json(outputs / "env_dependencies.json", packages)
    _json(outputs / "pipeline_graph.json", {"module": manifest.algorithm, "parameters": manifest.parameters})
    featurizer = fitted.steps[0][1]
    _json(outputs / "featurization_summary.json", featurizer.get_featurization_summary())
    _json(outputs / "engineered_feature_names.json", featurizer.get_engineered_feature_names())
    draft.rename(target)


def _fitted(model: Any, algorithm: str) -> FittedPipeline:
    kind = ForecastPipeline if model.schema.task == "forecasting" else FittedPipeline
    return kind(model, algorithm)


def _conda(manifest: model_folder.Manifest) -> str:
    packages = [f"mlops-cli[local]=={metadata.version('mlops-cli')}"]
    packages += ["azureml-defaults", *(f"{name}=={version}" for name, version in manifest.packages.items())]
    dependencies: list[Any] = [f"python={manifest.python}", "pip", {"pip": packages}]
    document = {"name": "project_environment", "channels": ["conda-forge"], "dependencies": dependencies}
    return yaml.safe_dump(document, sort_keys=False)


def _json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
