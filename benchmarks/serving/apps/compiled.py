"""The compiled model: bytes in, bytes out. Runs in a peer's environment, with ours on PYTHONPATH."""

import os
from pathlib import Path

import msgspec

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving.fast.scorer import load

schema = msgspec.json.decode((Path(os.environ["BENCH_MODEL"]) / "schema.json").read_bytes(), type=ModelSchema)
model = load(Path(os.environ["BENCH_FAST"]), schema, 1)


def answer(body: bytes) -> bytes:
    return model.write(model.read(body))
