"""What stands in a run's report: figures, leaderboard, curves, importances, guardrails, settings."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import msgspec
from msgspec import Struct, field

from mlops_cli.domain.data import Guardrail
from mlops_cli.domain.diagnosis import Diagnosis
from mlops_cli.domain.runs import Run
from mlops_cli.report.charts import charts

MOST_COLUMNS, MOST_CLASSES, MOST_ROWS = 25, 12, 60


class RunReport(Struct):
    """`leaderboard` is best first; `diagnosis` is None when the run has left no model."""

    run: Run
    best: Run | None
    leaderboard: list[Run]
    diagnosis: Diagnosis | None = None
    guardrails: list[Guardrail] = field(default_factory=list)


def as_html(report: RunReport) -> str:
    shell = Template(files("mlops_cli.bench.report").joinpath("page.html").read_text(encoding="utf-8"))
    run = report.run
    return shell.substitute(
        title=escape(f"{run.run_id} · AutoML run"),
        heading=escape(f"{run.experiment}: {_settings(run).get('label') or 'AutoML run'}"),
        about=escape(_about(run)),
        notes="".join(f'<p class="note">{escape(note)}</p>' for note in _notes(report)),
        tiles="".join(_tile(*tile) for tile in _tiles(report)),
        gates="",
        figures="".join(charts(report.diagnosis)) if report.diagnosis else "",
        tables="".join(_tables(report)),
    )


def _settings(run: Run) -> dict[str, Any]:
    return dict(run.properties["request"]["settings"])


def _about(run: Run) -> str:
    request = run.properties["request"]
    task = _settings(run).get("task", "classification")
    return f"{run.run_id} · {task} on {request['dataset']}:{request['version']} · {run.created_at}"


def _notes(report: RunReport) -> Iterable[str]:
    if report.run.error:
        yield report.run.error
    yield from report.run.properties.get("notes", [])
    yield from dict.fromkeys(_said(g) for g in report.guardrails if g.severity == "warning")


def _said(guardrail: Guardrail) -> str:
    return f"{guardrail.column}: {guardrail.message}" if guardrail.column else guardrail.message


def _tiles(report: RunReport) -> Iterable[tuple[str, str]]:
    run, best, metric = report.run, report.best, str(report.run.properties["primary_metric"])
    yield "status", str(run.status)
    if best:
        yield metric, f"{best.metrics.get(metric, float('nan')):.5g}"
        yield "best", str(best.algorithm)
    yield "child runs", str(len(report.leaderboard))
    if run.duration_seconds:
        yield "seconds", f"{run.duration_seconds:.1f}"
    if report.diagnosis and report.diagnosis.rows:
        yield "judging rows", f"{report.diagnosis.rows:,}"


def _tile(name: str, value: str) -> str:
    """A name of several words, as VotingEnsemble, may be broken between them."""
    shown = re.sub(r"(?<=[a-z])(?=[A-Z])", "<wbr>", escape(value))
    return f'<div class="tile"><b>{shown}</b><span>{escape(name)}</span></div>'


def _tables(report: RunReport) -> Iterable[str]:
    if report.diagnosis:
        yield _confusion(report.diagnosis)
        yield _importances(report.diagnosis.importances)
    yield _leaderboard(report)
    if report.best:
        metrics = [(name, f"{value:.5f}") for name, value in sorted(report.best.metrics.items())]
        yield _table(f"Metrics of {report.best.algorithm}", ("metric", "value"), metrics)
    known = [(g.code, _said(g)) for g in report.guardrails if g.severity != "warning"]
    yield _table("About the data", ("", ""), known, "texts")
    if report.diagnosis:
        yield _featurization(report.diagnosis)
    settings = [(k, v if isinstance(v, str) else _json(v)) for k, v in _settings(report.run).items()]
    yield _table("Settings", ("setting", "value"), settings, "texts")


def _leaderboard(report: RunReport) -> str:
    metric = str(report.run.properties["primary_metric"])
    rows = [
        (
            str(child.iteration),
            str(child.algorithm),
            f"{child.metrics[metric]:.5f}" if metric in child.metrics else str(child.status),
            f"{child.duration_seconds or 0:.1f}",
        )
        for child in report.leaderboard[:MOST_ROWS]
    ]
    return _table(f"Leaderboard by {metric}", ("child", "algorithm", "score", "seconds"), rows)


def _confusion(found: Diagnosis) -> str:
    """Rows are the true classes; the darker a cell, the larger its share of its row."""
    if not found.confusion or len(found.classes) > MOST_CLASSES:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in found.classes)
    body = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(_cell(count, sum(counts)) for count in counts)}</tr>"
        for name, counts in zip(found.classes, found.confusion, strict=True)
    )
    return (
        "<section><h2>Confusion matrix: true class down, predicted across</h2>"
        f"<table><tr><th></th>{head}</tr>{body}</table></section>"
    )


def _cell(count: int, whole: int) -> str:
    share = count / whole if whole else 0.0
    return f'<td class="heat" style="--share: {share:.0%}" title="{share:.1%}">{count:,}</td>'


def _importances(importances: dict[str, float]) -> str:
    if not importances:
        return ""
    most = max(importances.values()) or 1.0
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{share:.1%}</td>"
        f'<td class="share"><i style="width: {share / most:.1%}"></i></td></tr>'
        for name, share in list(importances.items())[:MOST_COLUMNS]
    )
    return f"<section><h2>What the answers rest on</h2><table>{rows}</table></section>"


def _featurization(found: Diagnosis) -> str:
    rows = [
        (each["column"], each["purpose"], each.get("reason") or _features(each))
        for each in found.featurization[:MOST_ROWS]
    ]
    return _table("Columns and what became of them", ("column", "taken as", ""), rows, "texts")


def _features(column: dict[str, Any]) -> str:
    count = column.get("features", 0)
    return f"{count} feature{'' if count == 1 else 's'}"


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], style: str = "") -> str:
    if not rows:
        return ""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<section class="{style}"><h2>{escape(title)}</h2><table><tr>{top}</tr>{body}</table></section>'


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
