"""Whether an answer is right: its status, that it is JSON, how many rows it has, and what they say."""

import math
from typing import Any

import msgspec

from mlops_cli.bench.payloads import Payload
from mlops_cli.bench.recording import FailureKind
from mlops_cli.bench.response import Answer

Verdict = tuple[FailureKind, str] | None
CLOSE_ENOUGH = 1e-6
"""Relative difference up to which two predicted numbers are the same."""
_ROW_KEYS = ("result", "forecast", "predictions", "Results")


def check_status(_: Payload, answer: Answer) -> Verdict:
    """None for any 2xx, otherwise what came instead."""
    if 200 <= answer.status < 300:
        return None
    said = _shown(answer.body)
    return "status", f"status {answer.status}{f': {said}' if said else ''}"


def check_answer(payload: Payload, answer: Answer) -> Verdict:
    """None for a right answer, otherwise what is wrong with it. Any scoring service's JSON will do:

    an array, an object that holds one, or, as AutoML's entry scripts answer, such JSON inside a JSON string.
    """
    wrong = check_status(payload, answer)
    if wrong:
        return wrong
    try:
        value = decode(answer.body)
    except msgspec.DecodeError:
        return "answer", f"not JSON: {_shown(answer.body)}"
    if isinstance(value, dict) and "error" in value:
        return "answer", f"an error with status {answer.status}: {str(value['error'])[:80]}"
    rows = rows_of(value)
    if payload.rows is not None and rows is not None and len(rows) != payload.rows:
        return "answer", f"{len(rows)} predictions for {payload.rows} rows"
    if payload.expected is not None and not same(value, payload.expected):
        return "answer", f"expected {str(payload.expected)[:60]}, got {str(value)[:60]}"
    return None


def decode(body: bytes) -> Any:
    """The JSON document, also when it stands inside a JSON string. Raises msgspec.DecodeError."""
    value = msgspec.json.decode(body)
    return msgspec.json.decode(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def rows_of(value: Any) -> list[Any] | None:
    """The predictions in a decoded answer; None where there is no array of them."""
    if isinstance(value, dict):
        value = next((value[key] for key in _ROW_KEYS if key in value), None)
    return value if isinstance(value, list) else None


def same(left: Any, right: Any) -> bool:
    """Whether two answers say the same; numbers may differ by rounding."""
    match left, right:
        case (list(), list()):
            return len(left) == len(right) and all(map(same, left, right))
        case (dict(), dict()):
            return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
        case (bool(), _) | (_, bool()):
            return left is right
        case (int() | float(), int() | float()):
            return math.isclose(left, right, rel_tol=CLOSE_ENOUGH, abs_tol=1e-9)
        case _:
            return bool(left == right)


def _shown(body: bytes) -> str:
    text = " ".join(body[:300].decode("utf-8", "replace").split())
    return text if len(text) <= 80 else text[:77] + "..."
