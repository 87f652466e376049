"""The body of an answer: what `json.dumps({"result": labels})` as a JSON string is, put together of ready pieces."""

import json

import msgspec
import numpy as np

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving.fast.engine import Answers

_START, _END = b'"{\\"result\\": [', b']}"'
_RESULTS_START, _RESULTS_END = b'{"Results":[', b"]}"


class Writer:
    """Writes labels, or the numbers of a regression; or probabilities."""

    def __init__(self, schema: ModelSchema) -> None:
        classes = schema.classes
        self._escaped = [_escaped(json.dumps(label)) for label in classes] if classes else None
        self._plain = [msgspec.json.encode(label) for label in classes] if classes else []

    def write(self, answers: Answers, method: str, wrapped: bool) -> bytes:
        """`wrapped` answers {"Inputs": ...}: {"Results": [...]} in place of a string."""
        if self._escaped is None:
            return _numbers(np.ravel(answers), wrapped)
        if method != "predict":
            return _numbers(paired(answers, len(self._plain)), wrapped)
        labels = _likeliest(answers)
        if wrapped:
            return _RESULTS_START + b",".join([self._plain[i] for i in labels]) + _RESULTS_END
        escaped = self._escaped
        return _START + b", ".join([escaped[i] for i in labels]) + _END


def paired(answers: Answers, classes: int) -> np.ndarray:
    """(n, k); both probabilities where the graph tells that of the second of two classes only."""
    found = np.asarray(answers)
    return np.hstack([1.0 - found, found]) if found.shape[1] == 1 and classes == 2 else found


def _likeliest(answers: Answers) -> list[int]:
    """Positions of classes; a lone column is the second class's probability."""
    if isinstance(answers, np.ndarray):
        found: list[int] = (answers.argmax(axis=1) if answers.shape[1] > 1 else answers[:, 0] > 0.5).tolist()
        return found
    return [row.index(max(row)) if len(row) > 1 else row[0] > 0.5 for row in answers]


def _numbers(values: np.ndarray, wrapped: bool) -> bytes:
    if wrapped:
        return msgspec.json.encode({"Results": values.tolist()})
    return msgspec.json.encode(json.dumps({"result": values.tolist()}))


def _escaped(text: str) -> bytes:
    """As it stands inside a JSON string."""
    return msgspec.json.encode(text)[1:-1]
