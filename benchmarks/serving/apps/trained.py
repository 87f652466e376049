"""The model as trained: a pandas table in, labels out. Runs in a peer's environment."""

import os
import sys
from pathlib import Path
from typing import Any

import pandas

folder = Path(os.environ["BENCH_MODEL"])
sys.path.insert(0, str(folder / "code"))

from mlops_cli.engine.model.folder import load  # noqa: E402

model = load(folder)


def labels(rows: list[dict[str, Any]]) -> list[Any]:
    return model.predict(pandas.DataFrame(rows))
