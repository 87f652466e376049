"""Pictures of a Diagnosis as SVG, with the axes and lines of the load test's report."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from mlops_cli.bench.report import svg
from mlops_cli.domain.diagnosis import Curve, Diagnosis, ForecastCurve, Point

STYLES = ("c1", "c2", "c3", "c4", "c5", "c6")


def charts(found: Diagnosis) -> Iterable[str]:
    if found.roc:
        yield _rates("ROC: true positives by false positives", found.roc, [(0, 0), (1, 1)])
    if found.precision_recall:
        yield _rates("Precision by recall", found.precision_recall, [])
    if found.calibration:
        yield _rates("Calibration: came true by predicted probability", found.calibration, [(0, 0), (1, 1)])
    if found.predicted:
        yield _predicted(found.predicted)
    if found.residuals:
        yield _residuals(found.residuals)
    for series in found.forecasts:
        yield _forecast(series)


def _rates(title: str, curves: list[Curve], ideal: list[Point]) -> str:
    x, y = svg.horizontal(0, 1, _share), svg.vertical(1, _share)
    lines = [svg.Line(curve.name, style, curve.points) for curve, style in zip(curves, STYLES, strict=False)]
    return svg.chart(title, x, y, [_guide(ideal, x, y)], lines)


def _predicted(pairs: list[Point]) -> str:
    values = [value for pair in pairs for value in pair]
    x, y = svg.horizontal(min(values), max(values), _number), _between(min(values), max(values))
    dots = [_dot(x, y, pair) for pair in pairs]
    line = _guide([(min(values), min(values)), (max(values), max(values))], x, y)
    return svg.chart("Predicted (up) by true value (across)", x, y, [line, *dots])


def _residuals(bars: list[tuple[float, float, int]]) -> str:
    x = svg.horizontal(bars[0][0], bars[-1][1], _number)
    y = svg.vertical(max(count for *_, count in bars), _number)
    marks = [
        svg.bar(x, y, (left, right), count, "b1", f"{left:.4g} to {right:.4g}: {count:,} rows")
        for left, right, count in bars
    ]
    return svg.chart("Residuals: predicted minus true (rows)", x, y, marks)


def _forecast(series: ForecastCurve) -> str:
    every = [*series.actual, *(point for part in series.forecasts for point in part)]
    times, values = [t for t, _ in every], [v for _, v in every]
    lines = [svg.Line("true", "c1", series.actual)]
    lines += [svg.Line("forecast", "c2", part) for part in series.forecasts]
    x, y = svg.horizontal(min(times), max(times), _day), _between(min(values), max(values))
    return svg.chart(f"Forecasts of {series.name}, origin by origin", x, y, [], lines)


def _between(low: float, high: float) -> svg.Axis:
    """Upwards from `low` to `high`."""
    span, room = high - low or 1.0, svg.HEIGHT - svg.TOP - svg.BOTTOM
    ticks = [(tick, _number(tick)) for tick in svg.round_steps(low, high)]
    return svg.Axis(lambda value: svg.TOP + room * (1 - (value - low) / span), ticks)


def _guide(points: list[Point], x: svg.Axis, y: svg.Axis) -> str:
    path = " ".join(
        f"{'L' if i else 'M'}{x.place(a):.1f},{y.place(b):.1f}" for i, (a, b) in enumerate(points)
    )
    return f'<g class="guide"><path d="{path}"/></g>' if path else ""


def _dot(x: svg.Axis, y: svg.Axis, pair: Point) -> str:
    tip = escape(f"true {pair[0]:.4g}, predicted {pair[1]:.4g}")
    place = f'cx="{x.place(pair[0]):.1f}" cy="{y.place(pair[1]):.1f}"'
    return f'<circle class="dot" {place} r="3"><title>{tip}</title></circle>'


def _share(value: float) -> str:
    return f"{value:.1f}"


def _number(value: float) -> str:
    return f"{value:,.6g}"


def _day(value: float) -> str:
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
