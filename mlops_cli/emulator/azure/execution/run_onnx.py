"""Stands in for azureml.automl.runtime.onnx_convert: ONNX models of AutoML, loaded, saved and asked."""

from __future__ import annotations

from typing import Any


class OnnxConverter:
    @staticmethod
    def load_onnx_model(path: str) -> Any:
        import onnx

        return onnx.load(path)

    @staticmethod
    def save_onnx_model(model: Any, path: str) -> None:
        import onnx

        onnx.save(model, path)


class OnnxInferenceHelper:
    """Asks the model in `content` with tables; `resource` says what its inputs are (outputs/model_onnx.json)."""

    def __init__(self, content: bytes, resource: dict[str, Any]) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        self._names: dict[str, str] = resource["RawColumnNameToOnnxNameMap"]
        self._kinds: dict[str, str] = resource["InputOnnxColumnSchema"]

    def predict(self, table: Any) -> tuple[Any, Any]:
        """Labels and probabilities; of a regression the numbers and None."""
        asked = {name: self._column(table[raw], self._kinds[name]) for raw, name in self._names.items()}
        answers = self._session.run(None, asked)
        return (answers[0], answers[1]) if len(answers) > 1 else (answers[0].ravel(), None)

    @staticmethod
    def _column(values: Any, kind: str) -> Any:
        """As the model itself would read them: numbers in texts are numbers, `yes` is 1."""
        import azureml.train.automl.runtime  # noqa: F401 - makes our own modules importable
        import numpy as np

        from mlops_cli.engine.model.values import to_key, to_number

        if kind == "float":
            return np.array([to_number(value) for value in values], dtype=np.float32).reshape(-1, 1)
        return np.array([to_key(value) or "" for value in values], dtype=object).reshape(-1, 1)
