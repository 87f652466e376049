"""Entry script: `init()` loads the model of this folder, `run(data)` scores rows, as Azure ML calls them."""

import json
import os
import sys
from pathlib import Path
from typing import Any

model: Any = None


def init() -> None:
    global model
    folder = _model_folder()
    try:
        from mlops_cli.engine.model.folder import load
    except ImportError:
        sys.path.insert(0, str(folder / "code"))
        from mlops_cli.engine.model.folder import load
    model = load(folder)
    model.predict(model.schema.example)  # loads the libraries now, not in the first request


def run(data: Any, method: str = "predict") -> str:
    """`data` is a list of rows, {"data": rows} or either of them as JSON text; the answer is JSON text.

    `method` is "predict" or, for a classifier, "predict_proba": then there is a list of probabilities per row.
    """
    if isinstance(data, str | bytes):
        data = json.loads(data)
    if isinstance(data, dict):
        data = data["data"]
    if method == "predict_proba":
        return json.dumps({"result": model.predict_proba(data).tolist()})
    return json.dumps(model.answer(data))


def _model_folder() -> Path:
    given = os.environ.get("AZUREML_MODEL_DIR")
    top = Path(given) if given else Path(__file__).parent
    if (top / "model.pkl").exists():
        return top
    return next(top.rglob("model.pkl")).parent
