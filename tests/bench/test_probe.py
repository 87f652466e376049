"""Probes against servers that meet them well and badly."""

import json
from collections.abc import Iterable

import pytest

from mlops_cli.bench.probe import Finding, probes, run
from mlops_cli.bench.target import open_target
from tests.bench.server import Piece, Server, http

ROW = {"age": 41, "job": "admin.", "rate": 1.5, "married": True}


def careful(body: bytes, number: int) -> Iterable[Piece]:
    """Refuses what is malformed, answers the rest."""
    try:
        rows = json.loads(body)["data"]
        good = rows and all(set(row) == set(ROW) and _fits(row) for row in rows)
    except (ValueError, TypeError, KeyError, RecursionError, UnicodeDecodeError):
        good = False
    if not good:
        return [http(b'{"message": "not like that"}', "400 Bad Request")]
    return [http(json.dumps({"result": [1] * len(rows)}).encode())]


def _fits(row: dict[str, object]) -> bool:
    try:
        return all(row[name] is None or float(str(row[name])) is not None for name in ("age", "rate"))
    except ValueError:
        return False


def found(answering: object, *, has_key: bool = False) -> dict[str, Finding]:
    with Server(answering) as server:  # type: ignore[arg-type]
        target = open_target(server.url)
        findings = list(run(target, {"Authorization": "Bearer k"}, probes(ROW, has_key=has_key), 5.0))
        assert server.connections == len(findings)
    return {finding.probe: finding for finding in findings}


def test_a_careful_service_meets_every_probe() -> None:
    findings = found(careful)
    assert [finding.probe for finding in findings.values() if not finding.ok] == []
    assert len(findings) >= 25
    assert {finding.kind for finding in findings.values()} == {"malformed", "extreme", "unusual"}
    assert findings["text in the number 'age'"].status == 400
    assert findings["text in the number 'age'"].said == "not like that"
    assert findings["categories never seen"].outcome == "answered"


def test_a_service_that_takes_anything_is_told_so() -> None:
    bad = {name for name, finding in found(lambda *_: [http(b'{"result": [1]}')]).items() if not finding.ok}
    assert {"an empty body", "JSON cut short", "a column that does not exist"} <= bad
    assert not {"negative numbers", "no rows"} & bad


def test_refusing_with_status_200_is_refusing() -> None:
    """As AutoML's entry scripts do on Azure."""
    answer = json.dumps(json.dumps({"error": "no such column"})).encode()
    findings = found(lambda *_: [http(answer)])
    assert findings["a column that does not exist"].outcome == "refused"
    assert findings["a column that does not exist"].said == "no such column"


@pytest.mark.parametrize("pieces", [[http(b"Oh", "500 Oh")], [], [http(b"<html>")]])
def test_what_breaks_is_failed_whatever_was_sent(pieces: list[Piece]) -> None:
    findings = found(lambda *_: pieces)
    assert {finding.outcome for finding in findings.values()} == {"failed"}
    assert not any(finding.ok for finding in findings.values())


def test_the_key_is_left_out_once() -> None:
    seen: list[bytes] = []
    with Server(lambda *_: [http(b"{}", "401 No")]) as server:
        list(run(open_target(server.url), {"Authorization": "Bearer k"}, probes(ROW), 5.0))
        seen = [head for head, _ in server.requests if b"Bearer k" not in head]
    assert len(seen) == 1


def test_a_row_of_texts_alone_can_be_varied_too() -> None:
    assert len(probes({"a": "x"})) > 15
    assert len(probes({"a": 1})) > 15
