"""The entry script that goes with a trained model: `init()` and `run()`, as Azure's server calls them."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from mlops_cli.domain.schema import ModelSchema

MARK = "# model-schema: "
_TEXT = '''"""Entry script of an AutoML model: init() loads the model, run() scores rows."""

import json
import logging
import os

import joblib

# The line below describes the input; the service makes its swagger from it, checks requests against it
# and hands run() the rows. Remove it, and run() is given the body of a request as text.
{mark}{schema}

logger = logging.getLogger(__name__)
model = None


def init():
    global model
    folder = os.getenv("AZUREML_MODEL_DIR", ".")
    path = os.path.join(folder, "model.pkl")
    logger.info("Loading model from path %s.", path)
    model = joblib.load(path)
    # Libraries are loaded by the first rows that are scored: let these not be a client's.
    model.answer(model.schema.example)
    logger.info("Loading successful.")


def run(data, method="predict", quantiles=()):
    """`data`: rows, {{"data": rows}} or such JSON text; `method`: predict or predict_proba; `quantiles`: a
    forecast's."""
    if isinstance(data, (str, bytes)):
        data = json.loads(data)
    if isinstance(data, dict):
        data, quantiles = data["data"], data.get("quantiles") or quantiles
    if method == "predict_proba":
        return json.dumps({{"result": model.predict_proba(data).tolist()}})
    return json.dumps(model.answer(data, quantiles))
'''


def text(schema: ModelSchema) -> str:
    return _TEXT.format(mark=MARK, schema=msgspec.json.encode(schema).decode())


def schema_of(script: Path) -> ModelSchema | None:
    """What such a script says of its input; None for other scripts."""
    found = re.search(rf"^{re.escape(MARK)}(.*)$", script.read_text(errors="replace"), re.M)
    if found is None:
        return None
    try:
        return msgspec.json.decode(found[1], type=ModelSchema)
    except msgspec.DecodeError:
        return None
