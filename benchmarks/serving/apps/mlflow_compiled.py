"""The loader of a python_function flavor: MLflow makes a pandas table of the rows, which become rows again."""

import json
from typing import Any

from benchmarks.serving.apps.compiled import answer


class _Model:
    def predict(self, frame: Any, params: Any = None) -> list[Any]:  # noqa: ARG002 MLflow's signature
        body = json.dumps({"data": frame.to_dict("records")}).encode()
        return json.loads(json.loads(answer(body)))["result"]


def _load_pyfunc(_path: str) -> _Model:
    return _Model()
