"""One HTML file with everything in it: no script, no font, no picture from elsewhere; light and dark."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from mlops_cli.bench.compare import Difference, figure
from mlops_cli.bench.report import charts
from mlops_cli.bench.result import Result


def as_html(result: Result, differences: Sequence[Difference] = (), remarks: Sequence[str] = ()) -> str:
    """The report. `differences` are those to an earlier result, `remarks` what makes them worth less."""
    page = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(f"{result.name} · load test"),
        heading=escape(result.name),
        about=escape(_about(result)),
        notes="".join(f'<p class="note">{escape(note)}</p>' for note in _notes(result)),
        tiles="".join(_tile(*tile) for tile in _tiles(result)),
        gates=_gates(result),
        figures="".join(_figures(result)),
        tables="".join(_tables(result, differences, remarks)),
    )


def _about(result: Result) -> str:
    settings = result.settings
    load = f"{settings.rate:g} requests/s, " if settings.rate else ""
    noun = "row" if settings.rows == 1 else "rows"
    rows = f", {settings.rows} {noun} each" if settings.rows else ""
    kept = "kept alive" if settings.keep_alive else "one per request"
    return f"{result.url} · {result.started_at} · {load}{settings.concurrency} connections, {kept}{rows}"


def _notes(result: Result) -> list[str]:
    notes = [f"Stopped early: {result.aborted}."] if result.aborted else []
    notes += ["Interrupted: this is what was measured by then."] if result.interrupted else []
    return notes + ([f"{result.generator.limit}."] if result.generator.limit else [])


def _tiles(result: Result) -> list[tuple[str, str, str]]:
    times = result.latency_ms
    bad = "bad" if result.failures else ""
    return [
        ("requests/s", f"{result.requests_per_second:,.0f}", ""),
        ("p50", _ms(times.p50), ""),
        ("p95", _ms(times.p95), ""),
        ("p99", _ms(times.p99), ""),
        ("requests", f"{result.requests:,}", ""),
        ("failures", f"{result.failures:,}", bad),
    ]


def _tile(name: str, value: str, style: str) -> str:
    return f'<div class="tile {style}"><b>{escape(value)}</b><span>{escape(name)}</span></div>'


def _gates(result: Result) -> str:
    if not result.gates:
        return ""
    rows = [
        f'<li class="{"passed" if gate.passed else "missed"}"><code>{escape(gate.gate)}</code> '
        f"{'passed' if gate.passed else 'missed'}"
        f" <span>{escape(gate.found)}</span></li>"
        for gate in result.gates
    ]
    return f'<ul class="gates">{"".join(rows)}</ul>'


def _figures(result: Result) -> Iterable[str]:
    if result.requests:
        yield charts.latency_over_time(result)
        yield charts.rate_over_time(result)
        yield charts.histogram(result)
        yield charts.percentiles(result)


def _tables(result: Result, differences: Sequence[Difference], remarks: Sequence[str]) -> Iterable[str]:
    yield _table(
        "Percentiles",
        ("percent", "ms"),
        [(name, f"{value:.3f}") for name, value in result.percentiles_ms.items()],
    )
    phases = [
        (name, *(f"{number:.3f}" for number in (s.min, s.mean, s.median, s.p99, s.max)))
        for name, s in result.phases_ms.items()
    ]
    yield _table("Where the time went (ms)", ("phase", "min", "mean", "median", "p99", "max"), phases)
    yield _table("Failures", ("what", "requests"), [(k, f"{v:,}") for k, v in result.failure_details.items()])
    rows = [
        (
            d.metric,
            figure(d.before),
            figure(d.now),
            f"{d.change:+.1%}",
            f"{d.low:+.1%} to {d.high:+.1%}",
            d.verdict,
        )
        for d in differences
    ]
    head = ("", "before", "now", "change", "95 % interval", "")
    yield _table("Against the earlier result", head, rows, remarks)


def _table(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], remarks: Sequence[str] = ()
) -> str:
    if not rows:
        return ""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    notes = "".join(f'<p class="note">{escape(remark)}</p>' for remark in remarks)
    return f"<section><h2>{escape(title)}</h2><table><tr>{top}</tr>{body}</table>{notes}</section>"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g} ms"
