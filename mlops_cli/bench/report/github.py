"""What a GitHub Actions run shows: annotations on stderr, a table in the step summary."""

from mlops_cli.bench.result import Result


def annotations(result: Result) -> list[str]:
    """One workflow command per missed gate."""
    return [
        f"::error title=mlops bench {_escaped(result.name)}::"
        f"{_escaped(f'{gate.gate} is missed: {gate.found}')}"
        for gate in result.missed()
    ]


def step_summary(result: Result) -> str:
    """Markdown for the file named by GITHUB_STEP_SUMMARY."""
    times = result.latency_ms
    rows = [
        ("requests", f"{result.requests:,}"),
        ("failures", f"{result.failures:,}"),
        ("requests/s", f"{result.requests_per_second:,.1f}"),
        *((name, _ms(value)) for name, value in (("p50", times.p50), ("p95", times.p95), ("p99", times.p99))),
    ]
    table = [f"| {name} | {value} |" for name, value in rows]
    gates = [
        f"| `{gate.gate}` | {gate.found} | {'passed' if gate.passed else '**missed**'} |"
        for gate in result.gates
    ]
    text = [f"### mlops bench {result.name}", "", "| | |", "| --- | ---: |", *table]
    if gates:
        text += ["", "| gate | value | |", "| --- | ---: | --- |", *gates]
    return "\n".join(text) + "\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("::", ": :")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g} ms"
