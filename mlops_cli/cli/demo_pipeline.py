"""The pipeline of the demo: the registered model scores the profile's file in mini-batches."""

from __future__ import annotations

import os
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_cli.config.load import LoadedProfile

PIPELINE = Template("""\
# Scores a file with the newest version of a model: mlops pipeline create FILE
name: $name
description: A prediction for every row of $data.

data:
  rows: {path: "$data"}
  model: {model: $model}

steps:
  - name: score
    type: batch
    entry_script: predict.py
    inputs: {rows: data.rows, model: data.model}
    mini_batch_input: rows
    mini_batch_size: 2000
    workers: 2
    error_threshold: 10
    arguments: [--model, $$(inputs.model), --label, "$label"]
""")
PREDICT = '''\
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
'''


def write(folder: Path, name: str, config: LoadedProfile) -> Path:
    """Write the pipeline and its script into `folder`; paths are seen from there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "predict.py").write_text(PREDICT, encoding="utf-8")
    profile = config.profile
    data = os.path.relpath(config.root / (profile.data.path or ""), folder)
    model = profile.model_name() or profile.data.name
    told = {"name": name, "model": model, "data": data, "label": profile.data.label}
    file = folder / "score.yaml"
    file.write_text(PIPELINE.substitute(told), encoding="utf-8")
    return file
