"""Entry script of a batch step: a prediction for every row of a mini-batch."""

import argparse
import json
import os
import sys

import pandas as pd


def init() -> None:
    """Load the model once in every process, with the scoring file that lies beside it."""
    global scoring
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    folder = parser.parse_known_args()[0].model
    os.environ["AZUREML_MODEL_DIR"] = folder
    sys.path.insert(0, folder)
    import score

    scoring = score
    scoring.init()


def run(mini_batch: pd.DataFrame) -> pd.DataFrame:
    """The rows with one more column; what is missing goes to the model as nothing."""
    rows = mini_batch.drop(columns="y", errors="ignore").astype(object)
    rows = rows.where(rows.notna(), None).to_dict("records")
    answer = json.loads(scoring.run({"data": rows}))
    return mini_batch.assign(prediction=answer["result"])
