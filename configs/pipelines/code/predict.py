"""Entry script of a batch step: a prediction for every row of a mini-batch."""

import argparse
import sys
from pathlib import Path

import joblib
import pandas as pd


def init() -> None:
    """Load the model once in every process: from a folder, or the file that an AutoML step leaves on Azure."""
    global model, label
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--label", required=True)
    options, _ = parser.parse_known_args()
    place, label = Path(options.model), options.label
    file = next(place.rglob("model.pkl")) if place.is_dir() else place
    sys.path.insert(0, str(file.parent))
    model = joblib.load(file)


def run(mini_batch: pd.DataFrame) -> pd.DataFrame:
    """The rows with one more column."""
    rows = mini_batch.drop(columns=label, errors="ignore")
    return mini_batch.assign(prediction=model.predict(rows))
