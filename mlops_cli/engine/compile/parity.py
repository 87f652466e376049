"""Whether a compiled model answers what the model itself answers: on true rows and on wicked ones."""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from mlops_cli.domain.data import Row, Scalar
from mlops_cli.domain.schema import InputField, ModelSchema, check_rows
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.serving.fast.scorer import FastModel
from mlops_cli.errors import MlopsError

TOLERANCE = 1e-5
"""Of probabilities; of a regression, as a share of its largest answer."""
_BATCH = 1000
_MIXED = 300
_NUMBERS: tuple[Any, ...] = (
    None, 0, -1, 1, 0.5, -1e9, 1e9, 2**53 + 1, 3.4e38, -1e300, 1e-40, "7", " 12.5 ", "1e3", "-0",
)  # fmt: skip
_TEXTS: tuple[Any, ...] = (None, "", " ", "unseen", "nan", "a b c", "é", 1, 1.0, 2.5, True, "x" * 200)
_VALUES: dict[str, tuple[Any, ...]] = {
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "boolean": (None, True, False, 0, 1, "true", "False"),
    "string": _TEXTS,
    "datetime": (None, "2024-02-29", "1969-12-31T23:59:59", "2024-02-29T12:30:00+02:00", 0, 1.7e12, -1e11),
}


class DifferentError(MlopsError):
    """The compiled model does not answer as the model itself does."""


class Report(Struct):
    """`difference` is the largest one found between two answers."""

    rows: int
    difference: float


def check(model: FittedModel, fast: FastModel, true_rows: Sequence[Row], seed: int = 0) -> Report:
    """Compare all answers; raises DifferentError with the first row that is answered otherwise."""
    rows = [*true_rows, *model.schema.example]
    wicked = wicked_rows(model.schema, rows, seed)
    batches = [rows[i : i + _BATCH] for i in range(0, len(rows), _BATCH)]
    largest = 0.0
    for batch in batches:
        largest = max(largest, _compare(model, fast, batch, [batch]))
    if wicked:
        largest = max(largest, _compare(model, fast, wicked, [[row] for row in wicked]))
    return Report(len(rows) + len(wicked), largest)


def _compare(model: FittedModel, fast: FastModel, rows: list[Row], bodies: list[list[Row]]) -> float:
    """`bodies` are the rows in the portions in which the compiled model is given them."""
    asked = [fast.read(msgspec.json.encode({"data": body})) for body in bodies]
    got = np.concatenate([fast.answers(a) for a in asked])
    classes = model.schema.classes
    wanted = model.predict_proba(rows) if classes else np.array(model.predict(rows)).reshape(-1, 1)
    scale = 1.0 if classes else float(np.abs(wanted).max()) or 1.0
    gaps = np.abs(got - wanted).max(axis=1) / scale
    wrong = ~(gaps <= TOLERANCE)
    if classes:
        labels = [label for a in asked for label in json.loads(json.loads(fast.write(a)))["result"]]
        wrong |= [one != other for one, other in zip(labels, model.predict(rows), strict=True)]
    _refuse(rows, np.flatnonzero(wrong).tolist(), got, wanted)
    return float(gaps.max())


def _refuse(rows: list[Row], wrong: list[int], got: np.ndarray, wanted: np.ndarray) -> None:
    if wrong:
        first = wrong[0]
        details = [
            f"{json.dumps(rows[first])[:400]}",
            f"{got[first].tolist()} in place of {wanted[first].tolist()}",
        ]
        raise DifferentError(f"{len(wrong)} of {len(rows)} rows are answered otherwise", details=details)


def wicked_rows(schema: ModelSchema, rows: Sequence[Row], seed: int = 0) -> list[Row]:
    """Rows that a client may send and that no training table has: gaps, extremes, other types, unseen categories."""
    base: Row = rows[0] if rows else {f.name: None for f in schema.inputs}
    chosen = random.Random(seed)  # noqa: S311 not a secret
    made: list[Row] = [{f.name: None for f in schema.inputs}]
    made += [{**base, f.name: value} for f in schema.inputs for value in _values(f)]
    made += [{f.name: chosen.choice(list(_values(f))) for f in schema.inputs} for _ in range(_MIXED)]
    return [row for row in made if not check_rows(schema, [row])]


def _values(field: InputField) -> Iterator[Scalar]:
    yield from _VALUES[field.type]
    for known in (field.minimum, field.maximum, *(field.categories or ())[:20]):
        yield known
        if isinstance(known, int | float) and not isinstance(known, bool):
            yield from (float(known), str(known), float(np.nextafter(np.float32(known), np.float32(np.inf))))
        elif isinstance(known, str):
            yield from (f" {known} ", known.upper())
