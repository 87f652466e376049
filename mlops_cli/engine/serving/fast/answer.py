"""The body of an answer: what `json.dumps({"result": labels})` as a JSON string is, put together of ready pieces."""

import json
from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving.fast.engine import Answers


class Asked(Struct, frozen=True, gc=False):
    """What a request asks for: the cells of its rows (see engine.Engine), and which answer.

    `wrapped` answers {"Inputs": ...}: {"Results": [...]} in place of a string. `is_plain` when the body that asked is
    JSON by the letter.
    """

    cells: bytes
    rows: int
    method: str
    wrapped: bool
    is_plain: bool = False


class Writer:
    """Writes labels, or the numbers of a regression; or probabilities. `logits` is what the table says."""

    def __init__(self, schema: ModelSchema, logits: bool = False) -> None:
        classes = schema.classes
        self._escaped = [_escaped(json.dumps(label)) for label in classes or []]
        self._logits = logits
        self._even = 0.0 if logits else 0.5
        self._plain = [msgspec.json.encode(label) for label in classes or []]

    def write(self, answers: Answers, asked: Sequence[Asked]) -> list[bytes]:
        """A body for each of `asked`, whose rows follow each other in `answers`."""
        labels = self._likeliest(answers) if self._escaped else []
        bodies, start = [], 0
        for one in asked:
            end = start + one.rows
            if self._escaped and one.method == "predict":
                bodies.append(self._labels(labels[start:end], one.wrapped))
            else:
                bodies.append(self._numbers(answers[start:end], one.wrapped))
            start = end
        return bodies

    def numbers(self, answers: Answers) -> np.ndarray:
        """(n, k): of two classes both probabilities, where the graph tells the second one's only."""
        found = np.asarray(answers)
        if self._logits:
            found = np.exp(-np.logaddexp(0.0, -found))
        return np.hstack([1.0 - found, found]) if found.shape[1] == 1 and len(self._plain) == 2 else found

    def _labels(self, positions: Sequence[int], wrapped: bool) -> bytes:
        if wrapped:
            return b'{"Results":[%b]}' % b",".join(map(self._plain.__getitem__, positions))
        return b'"{\\"result\\": [%b]}"' % b", ".join(map(self._escaped.__getitem__, positions))

    def _numbers(self, answers: Answers, wrapped: bool) -> bytes:
        values = self.numbers(answers).tolist() if self._escaped else np.ravel(answers).tolist()
        if wrapped:
            return msgspec.json.encode({"Results": values})
        return msgspec.json.encode(json.dumps({"result": values}))

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


def _escaped(text: str) -> bytes:
    """As it stands inside a JSON string."""
    return msgspec.json.encode(text)[1:-1]
