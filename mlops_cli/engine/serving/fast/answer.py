"""The body of an answer: what `json.dumps({"result": labels})` as a JSON string is, put together of ready pieces."""

import json

import msgspec
import numpy as np

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving.fast.engine import Answers

_START, _END = b'"{\\"result\\": [', b']}"'
_RESULTS_START, _RESULTS_END = b'{"Results":[', b"]}"


class Writer:
    """Writes labels, or the numbers of a regression; or probabilities. `logits` is what the table says."""

    def __init__(self, schema: ModelSchema, logits: bool = False) -> None:
        classes = schema.classes
        self._escaped = [_escaped(json.dumps(label)) for label in classes] if classes else None
        self._logits = logits
        self._even = 0.0 if logits else 0.5
        self._plain = [msgspec.json.encode(label) for label in classes] if classes else []

    def write(self, answers: Answers, method: str, wrapped: bool) -> bytes:
        """`wrapped` answers {"Inputs": ...}: {"Results": [...]} in place of a string."""
        if self._escaped is None:
            return _numbers(np.ravel(answers), wrapped)
        if method != "predict":
            return _numbers(self.numbers(answers), wrapped)
        labels = self._likeliest(answers)
        if wrapped:
            return _RESULTS_START + b",".join(map(self._plain.__getitem__, labels)) + _RESULTS_END
        return _START + b", ".join(map(self._escaped.__getitem__, labels)) + _END

    def numbers(self, answers: Answers) -> np.ndarray:
        """(n, k): of two classes both probabilities, where the graph tells the second one's only."""
        found = np.asarray(answers)
        if self._logits:
            found = np.exp(-np.logaddexp(0.0, -found))
        return np.hstack([1.0 - found, found]) if found.shape[1] == 1 and len(self._plain) == 2 else found

    def _likeliest(self, answers: Answers) -> list[int]:
        """Positions of classes; a lone column is the second class's."""
        even = self._even
        if isinstance(answers, np.ndarray):
            found: list[int] = (
                answers.argmax(axis=1) if answers.shape[1] > 1 else answers[:, 0] > even
            ).tolist()
            return found
        if len(answers[0]) > 1:
            return [row.index(max(row)) for row in answers]
        return [number > even for (number,) in answers]


def _numbers(values: np.ndarray, wrapped: bool) -> bytes:
    if wrapped:
        return msgspec.json.encode({"Results": values.tolist()})
    return msgspec.json.encode(json.dumps({"result": values.tolist()}))


def _escaped(text: str) -> bytes:
    """As it stands inside a JSON string."""
    return msgspec.json.encode(text)[1:-1]
