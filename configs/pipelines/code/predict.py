"""Entry script of a batch step: a prediction for every row of a mini-batch."""

import argparse
import sys
from pathlib import Path

import joblib
import pandas as pd


def init() -> None:
    """Load the model once in every process: a folder on this machine, a file on Azure."""
    global model
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    place = Path(parser.parse_known_args()[0].model)
    file = place / "model.pkl" if place.is_dir() else place
    sys.path.insert(0, str(file.parent))
    model = joblib.load(file)


def run(mini_batch: pd.DataFrame) -> pd.DataFrame:
    """The rows with one more column."""
    rows = mini_batch.drop(columns="y", errors="ignore")
    return mini_batch.assign(prediction=model.predict(rows))
