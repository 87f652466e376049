"""Malformed, extreme and unusual payloads, sent one by one, and what came back."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Struct

from mlops_cli.bench.checks import decode, rows_of
from mlops_cli.bench.generator import Generator
from mlops_cli.bench.payloads import Payload, encode
from mlops_cli.bench.plan import Load, Manner
from mlops_cli.bench.response import Answer
from mlops_cli.bench.target import Target

Row = Mapping[str, Any]
Kind = Literal["malformed", "extreme", "unusual", "refused key"]
MANY_ROWS = 5_000
LONG_TEXT = 100_000
DEEP = 5_000


class Probe(NamedTuple):
    """One payload. A `malformed` one has to be refused (4xx); the others may be, but must not break the service."""

    kind: Kind
    name: str
    body: bytes
    with_key: bool = True


class Finding(Struct):
    """What came back. `outcome` is refused, answered or failed (5xx, nothing, or no HTTP); `ok` is whether that
    is right for this kind."""

    kind: Kind
    probe: str
    status: int | None
    outcome: str
    milliseconds: float
    ok: bool
    said: str


def probes(row: Row, *, has_key: bool = True) -> list[Probe]:
    """Payloads that are wrong or unusual in one way each, made from a true row."""
    made = [*_malformed(row), *_extreme(row), *_unusual(row)]
    return [*made, Probe("refused key", "no key at all", _rows(row), False)] if has_key else made


def run(
    target: Target, headers: Mapping[str, str], wanted: Sequence[Probe], timeout: float
) -> Iterator[Finding]:
    """Send each on a connection of its own, so that one cannot spoil the next."""
    bare = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    for probe in wanted:
        request = encode(target, probe.body, headers if probe.with_key else bare, keep_alive=False)
        yield _finding(target, probe, Payload(request, probe.body), timeout)


def _finding(target: Target, probe: Probe, payload: Payload, timeout: float) -> Finding:
    answers: list[Answer] = []
    generator = Generator(
        target, Manner(1, timeout, keep_alive=False), [payload], lambda _, answer: answers.append(answer)
    )
    started = time.perf_counter()
    recording = generator.run(Load(requests=1))
    took = (time.perf_counter() - started) * 1e3
    generator.close()
    if not answers:
        said = next(iter(recording.details), "no answer")
        return Finding(probe.kind, probe.name, None, "failed", took, False, said)
    outcome = _outcome(answers[0])
    return Finding(
        probe.kind,
        probe.name,
        answers[0].status,
        outcome,
        took,
        _is_right(probe.kind, outcome),
        _said(answers[0]),
    )


def _outcome(answer: Answer) -> str:
    """An AutoML entry script on Azure refuses with status 200 and {"error": ...}."""
    if answer.status >= 500:
        return "failed"
    if answer.status >= 300:
        return "refused"
    try:
        value = decode(answer.body)
    except msgspec.DecodeError:
        return "failed"
    return "refused" if isinstance(value, dict) and "error" in value and not rows_of(value) else "answered"


def _is_right(kind: Kind, outcome: str) -> bool:
    return outcome == "refused" if kind in ("malformed", "refused key") else outcome != "failed"


def _malformed(row: Row) -> Iterator[Probe]:
    good = _rows(row)
    first = next(iter(row))
    number = next((name for name, value in row.items() if _is_number(value)), None)
    yield Probe("malformed", "an empty body", b"")
    yield Probe("malformed", "no JSON", b"age=41&job=admin")
    yield Probe("malformed", "JSON cut short", good[: len(good) // 2])
    yield Probe("malformed", "bytes that are not UTF-8", b'{"data": [{"\xff\xfe": 1}]}')
    yield Probe("malformed", "a number in place of rows", b"42")
    yield Probe("malformed", "an object without rows", b'{"rows": []}')
    yield Probe("malformed", "null in place of a row", b'{"data": [null]}')
    yield Probe("malformed", f"without the column '{first}'", _rows(_without(row, first)))
    yield Probe("malformed", "a column that does not exist", _rows({**row, "no_such_column": 1}))
    yield Probe("malformed", f"an object in '{first}'", _rows({**row, first: {"a": 1}}))
    if number:
        yield Probe("malformed", f"text in the number '{number}'", _rows({**row, number: "many"}))
    yield Probe("malformed", f"{DEEP:,} nested arrays", b"[" * DEEP + b"]" * DEEP)


def _extreme(row: Row) -> Iterator[Probe]:
    numbers = {name for name, value in row.items() if _is_number(value)}
    texts = {name for name, value in row.items() if isinstance(value, str)}
    if numbers:
        spoiled = _rows({**row, min(numbers): "NaN"}).replace(b'"NaN"', b"NaN")
        yield Probe("extreme", f"NaN in '{min(numbers)}', which Python's JSON takes", spoiled)
    for name, value in (("1e300", 1e300), ("-1e300", -1e300), ("2^63", 2**63)):
        if numbers:
            yield Probe("extreme", f"{name} in every number", _rows({**row, **dict.fromkeys(numbers, value)}))
    yield Probe("extreme", "null in every column", _rows(dict.fromkeys(row)))
    if texts:
        yield Probe(
            "extreme", f"{LONG_TEXT:,} letters in one text", _rows({**row, min(texts): "x" * LONG_TEXT})
        )
    yield Probe("extreme", f"{MANY_ROWS:,} rows at once", msgspec.json.encode({"data": [row] * MANY_ROWS}))
    yield Probe("extreme", "no rows", b'{"data": []}')
    yield Probe("extreme", "a body of 12 MB", _rows(row) + b" " * 12_000_000)


def _unusual(row: Row) -> Iterator[Probe]:
    numbers = {name: value for name, value in row.items() if _is_number(value)}
    texts = {name for name, value in row.items() if isinstance(value, str)}
    if numbers:
        yield Probe("unusual", "numbers far outside the data", _rows({**row, **dict.fromkeys(numbers, 1e6)}))
        yield Probe(
            "unusual", "negative numbers", _rows({**row, **{n: -abs(v) - 1 for n, v in numbers.items()}})
        )
        yield Probe("unusual", "numbers as text", _rows({**row, **{n: str(v) for n, v in numbers.items()}}))
    if texts:
        yield Probe("unusual", "categories never seen", _rows({**row, **dict.fromkeys(texts, "never seen")}))
        yield Probe("unusual", "empty texts", _rows({**row, **dict.fromkeys(texts, "")}))
        yield Probe("unusual", "texts in another script", _rows({**row, **dict.fromkeys(texts, "日本語 🙂")}))
    yield Probe("unusual", "columns in another order", _rows(dict(reversed(list(row.items())))))


def _rows(row: Row) -> bytes:
    return msgspec.json.encode({"data": [row]})


def _without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(answer: Answer) -> str:
    try:
        value = decode(answer.body)
    except msgspec.DecodeError:
        value = answer.body[:200].decode("utf-8", "replace")
    if isinstance(value, dict):
        value = value.get("message") or value.get("error") or value
    return " ".join(str(value).split())[:100]
