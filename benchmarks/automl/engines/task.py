"""What every engine's script has in common: the task read, the answers, the figures written."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

_CALLS, _SECONDS = 300, 5.0


class Model(Protocol):
    classes: list[str] | None

    def scores(self, frame: Any) -> Any:
        """(n, k) probabilities in the order of `classes`, or (n,) numbers."""
        ...

    def labels(self, rows: list[dict[str, Any]]) -> Any: ...

    def size(self) -> int:
        """Bytes on disk."""
        ...


def measure(fit: Callable[[Any, dict[str, Any]], Model], after: Callable[[], dict[str, Any]] = dict) -> None:
    """Train and judge as task.json (the first argument) says; `after` adds what the engine alone knows."""
    task = json.loads(Path(sys.argv[1]).read_text())
    import numpy as np
    import pandas as pd

    train, test = pd.read_csv(task["train"]), pd.read_csv(task["test"])
    began = time.time()
    model = fit(train, task)
    seconds = time.time() - began
    np.save(Path(task["out"]) / "scores.npy", model.scores(test))
    facts = {
        "fit_seconds": seconds,
        "classes": model.classes,
        "model_bytes": model.size(),
        "two_rows_ms": _latency(model, test),
    }
    (Path(task["out"]) / "result.json").write_text(json.dumps(facts | after()))


def _latency(model: Model, test: Any) -> float:
    """Median milliseconds from two dicts to two answers."""
    rows = test.head(2).to_dict("records")
    taken: list[float] = []
    end = time.perf_counter() + _SECONDS
    while len(taken) < _CALLS and (time.perf_counter() < end or not taken):
        began = time.perf_counter()
        model.labels(rows)
        taken.append((time.perf_counter() - began) * 1e3)
    return statistics.median(taken)


def bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
