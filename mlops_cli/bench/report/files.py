"""A result as CSV and as JUnit XML."""

import csv
import io
from xml.etree import ElementTree as ET

from mlops_cli.bench.result import Result
from mlops_cli.bench.statistics import histogram_percentile

_COLUMNS = (
    "start_seconds",
    "seconds",
    "requests",
    "failures",
    "requests_per_second",
    "p50_ms",
    "p95_ms",
    "p99_ms",
)


def as_csv(result: Result) -> str:
    """One line per stretch of the run, to be drawn or joined with other measurements."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for part in result.slices:
        rate = (part.requests - part.failures) / part.seconds
        times = [
            _cell(histogram_percentile(part.buckets, p) * 1e3) if part.buckets else "" for p in (50, 95, 99)
        ]
        head = (_cell(part.start), _cell(part.seconds), part.requests, part.failures, _cell(rate))
        writer.writerow([*head, *times])
    return out.getvalue()


def as_junit(result: Result) -> str:
    """One test case per gate, and one that all answers were right; CI servers show what failed and why."""
    missed = result.missed()
    wrong = result.failures > 0 and not any(gate.gate.startswith(("errors", "fail")) for gate in result.gates)
    suite = ET.Element(
        "testsuite",
        name=f"mlops bench {result.name}",
        tests=str(len(result.gates) + 1),
        failures=str(len(missed) + wrong),
        errors="0",
        time=f"{result.seconds:.3f}",
        timestamp=result.started_at.partition("+")[0],
    )
    _case(suite, result, "answers", _wrong(result) if wrong else None)
    for gate in result.gates:
        _case(suite, result, gate.gate, None if gate.passed else f"{gate.gate} is missed: {gate.found}")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, result: Result, name: str, failure: str | None) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"bench.{result.name}", name=name, time="0")
    if failure:
        element = ET.SubElement(case, "failure", message=_printable(failure), type="GateMissed")
        element.text = _printable("\n".join(f"{n} x {text}" for text, n in result.failure_details.items()))


def _wrong(result: Result) -> str:
    return f"{result.failures} of {result.requests} requests failed"


def _printable(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def _cell(number: float) -> str:
    return f"{number:.6g}"
