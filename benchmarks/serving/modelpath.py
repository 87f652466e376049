"""The model alone: JSON bytes of two rows to the answer's bytes, and 2,000 rows, in this process."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.serving.world import World
from mlops_cli.engine.compile.model import compile_model
from mlops_cli.engine.model.folder import load as load_model
from mlops_cli.engine.serving.fast import table
from mlops_cli.engine.serving.fast.scorer import load as load_compiled

ROUNDS = 25


def measure(world: World) -> dict[str, dict[str, float]]:
    """Medians in microseconds for each model; `native` is the booster's own predict on a ready matrix."""
    return {
        name: _one(folder, world)
        for name, folder in (("booster", world.booster), ("ensemble", world.ensemble))
    }


def _one(folder: Path, world: World) -> dict[str, float]:
    model = load_model(folder)
    graph, encoding = compile_model(model)
    with tempfile.TemporaryDirectory() as place:
        table.save(Path(place), graph, encoding)
        fast = load_compiled(Path(place), model.schema, 1)
    two, many = (msgspec.json.encode({"data": found}) for found in (world.rows, world.many))
    matrix = model.means.extend(model.encoder.matrix(world.many))

    def native() -> Any:
        return model.mix.combine([member.predict(matrix) for member in model.members])

    asked = fast.read(many)
    return {
        "members": len(model.members),
        "two_rows": _median(lambda: fast.write(fast.read(two)), 2_000),
        "two_rows_reference": _median(lambda: model.predict(world.rows), 5),
        "many_rows_booster_only": _median(lambda: fast.answers(asked), 1),
        "many_rows_native_booster_only": _median(native, 1),
        "many_rows": _median(lambda: fast.write(fast.read(many)), 1),
        "many_rows_reference": _median(lambda: model.predict(world.many), 1),
    }


def _median(work: Callable[[], Any], times: int) -> float:
    work()
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(times):
            work()
        found.append((time.perf_counter() - started) / times * 1e6)
    return float(np.median(found))
