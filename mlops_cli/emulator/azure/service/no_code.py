"""Scores a model that was deployed without an entry script: anything with `predict()` that joblib loads."""

import json
import os
from pathlib import Path
from typing import Any

import joblib

model: Any = None


def init() -> None:
    global model
    folder = Path(os.environ["AZUREML_MODEL_DIR"])
    model = joblib.load(next(path for path in sorted(folder.rglob("*")) if path.is_file()))


def run(data: str) -> dict[str, Any]:
    """`data`: {"data": [[...], ...], "method": "predict"} as JSON; the answer is {"predict": [...]}."""
    asked = json.loads(data)
    method = asked.get("method", "predict")
    return {method: getattr(model, method)(asked["data"]).tolist()}
