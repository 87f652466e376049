"""A registered model that needs no training: yes above 30, no below."""

import json
from importlib import metadata
from pathlib import Path

from tests.conftest import Mlops

SCORE = """
import json

def init():
    print("toy loaded")

def run(data, method="predict"):
    if data[0]["job"] == "crash":
        raise ValueError("this job crashes")
    if method == "predict_proba":
        return json.dumps({"result": [[0.25, 0.75] for row in data]})
    old = [row["age"] is not None and float(row["age"]) > LIMIT for row in data]
    return json.dumps({"result": ["yes" if is_old else "no" for is_old in old]})
"""
SCHEMA = {
    "task": "classification",
    "label": "y",
    "inputs": [
        {"name": "age", "type": "integer", "minimum": 17, "maximum": 98},
        {"name": "job", "type": "string", "categories": ["admin.", "student"]},
        {"name": "rate", "type": "number"},
    ],
    "output_type": "string",
    "classes": ["no", "yes"],
    "example": [
        {"age": 40, "job": "admin.", "rate": 1.5},
        {"age": 20, "job": "student", "rate": -0.5},
        {"age": 50, "job": "student", "rate": 2.5},
    ],
}
PROFILE = "data: {name: toy, label: y}\ndeploy: {name: toy}\n"


def model_folder(parent: Path, *, limit: int = 30, packages: dict[str, str] | None = None) -> Path:
    """A model's folder as AutoML leaves it, without a model in it."""
    folder = parent / f"model-{limit}"
    folder.mkdir(exist_ok=True)
    (folder / "score.py").write_text(SCORE.replace("LIMIT", str(limit)))
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    manifest = {"algorithm": "Toy", "packages": packages or {"numpy": metadata.version("numpy")}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def register(mlops: Mlops, *, limit: int = 30, packages: dict[str, str] | None = None) -> None:
    """Register the toy as the next version of `toy`, in a project whose profile names it."""
    mlops.profile(PROFILE)
    mlops("models", "register", model_folder(mlops.project, limit=limit, packages=packages), "--name", "toy")
