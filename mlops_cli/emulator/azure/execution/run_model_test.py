"""The script of a test run: what a model predicts for a table, and how good that is. Imports nothing of ours."""

import argparse
import pickle
from typing import Any

import azureml.train.automl.runtime  # noqa: F401 - makes the classes of models importable
import numpy as np
import pandas as pd
from azureml.core import Dataset, Run
from model_metrics import classification_metrics, regression_metrics
from run_results import _save_results, tell


def main() -> None:
    asked, run = _asked(), Run.get_context()
    model = _model(Run(run.experiment, asked.tested))
    rows = Dataset.get_by_id(run.experiment.workspace, asked.table).to_pandas_dataframe()
    truth = rows.pop(asked.label) if asked.label in rows else None
    predicted = model.predict(rows)
    chances = model.predict_proba(rows) if asked.task == "classification" else None
    told = _answers(asked.label, predicted, chances, model)
    kept = _save_results(pd.DataFrame(told if asked.predictions_only else _beside(told, rows, truth)), run)
    run.upload_file("predictions/predictions.csv", kept[0][1])
    tell(kept, run)
    for name, value in ({} if truth is None else _metrics(truth, predicted, chances, model)).items():
        run.log(name, value)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("tested", "table", "label", "task"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--predictions-only", action="store_true")
    return parser.parse_args()


def _model(tested: Any) -> Any:
    tested.download_file("outputs/model.pkl", "model.pkl")
    with open("model.pkl", "rb") as file:
        return pickle.load(file)  # noqa: S301 - a model of this workspace


def _beside(answers: dict[str, Any], rows: pd.DataFrame, truth: "pd.Series[Any] | None") -> dict[str, Any]:
    """The answers with what they are to be, before them, and what was asked, behind them."""
    labels = {} if truth is None else {f"{truth.name}_orig": truth.to_numpy()}
    return labels | answers | {f"{name}_orig": rows[name].to_numpy() for name in rows}


def _answers(label: str, predicted: np.ndarray, chances: np.ndarray | None, model: Any) -> dict[str, Any]:
    found: dict[str, Any] = {f"{label}_predicted": predicted}
    if chances is not None:
        found |= {f"{one}_predicted_proba": chances[:, n] for n, one in enumerate(model.classes_)}
    return found


def _metrics(
    truth: "pd.Series[Any]", predicted: np.ndarray, chances: np.ndarray | None, model: Any
) -> dict[str, float]:
    """Rows without a label, or with one that the model has never seen, are not judged."""
    if chances is None:
        known = truth.notna().to_numpy()
        return regression_metrics(truth[known].to_numpy(float), np.asarray(predicted, float)[known])
    codes = pd.Index(model.classes_).astype(str).get_indexer(truth.astype(str))
    return classification_metrics(codes[codes >= 0], chances[codes >= 0])


if __name__ == "__main__":
    main()
