"""Axes, lines and bars as SVG text. Colours come from the page's style sheet, by class."""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 680, 260
LEFT, RIGHT, TOP, BOTTOM = 60, 26, 12, 34

Scale = Callable[[float], float]


class Line(NamedTuple):
    """One named line; `style` is its CSS class."""

    name: str
    style: str
    points: Sequence[tuple[float, float]]


class Axis(NamedTuple):
    """From values to pixels, and where to write which label."""

    place: Scale
    ticks: Sequence[tuple[float, str]]


def horizontal(low: float, high: float, label: Callable[[float], str]) -> Axis:
    span = high - low or 1.0
    width = WIDTH - LEFT - RIGHT
    return Axis(
        lambda value: LEFT + (value - low) / span * width,
        [(tick, label(tick)) for tick in round_steps(low, high)],
    )


def logarithmic(low: float, high: float, label: Callable[[float], str]) -> Axis:
    """`low` and `high` are powers of ten; so are the values that `place` takes."""
    factors = (1, 2, 5) if high - low < 3 else (1,)
    if high - low < 0.6:
        ticks = round_steps(10**low, 10**high)
    else:
        ticks = [f * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for f in factors]
    shown = [(math.log10(tick), label(tick)) for tick in ticks if low <= math.log10(tick) <= high]
    return Axis(horizontal(low, high, label).place, shown)


def vertical(high: float, label: Callable[[float], str]) -> Axis:
    """From 0 to a round number above `high`."""
    ticks = round_steps(0.0, high or 1.0)
    top = ticks[-1] if ticks[-1] >= high else ticks[-1] + ticks[1]
    if top > ticks[-1]:
        ticks.append(top)
    height = HEIGHT - TOP - BOTTOM
    return Axis(lambda value: TOP + height * (1 - value / top), [(tick, label(tick)) for tick in ticks])


def chart(title: str, x: Axis, y: Axis, marks: Sequence[str], lines: Sequence[Line] = ()) -> str:
    """A figure: grid, marks, lines, and a legend when there is more than one line."""
    drawn = [*_grid(x, y), *marks, *(draw(line, x, y) for line in lines)]
    body = "".join(drawn)
    return (
        f"<figure><figcaption>{escape(title)}{_legend(lines)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{body}</svg></figure>'
    )


def draw(line: Line, x: Axis, y: Axis) -> str:
    """A line with a dot on every point that tells its value."""
    placed = [(x.place(at), y.place(value)) for at, value in line.points]
    path = " ".join(f"{'L' if index else 'M'}{px:.1f},{py:.1f}" for index, (px, py) in enumerate(placed))
    dots = "".join(
        f'<circle cx="{px:.1f}" cy="{py:.1f}" r="6"><title>{escape(line.name)} {value:.4g}</title></circle>'
        for (px, py), (_, value) in zip(placed, line.points, strict=True)
    )
    return f'<g class="{line.style}"><path d="{path}"/>{dots}</g>'


def bar(x: Axis, y: Axis, span: tuple[float, float], value: float, style: str, tip: str) -> str:
    left, right = (x.place(edge) for edge in span)
    top, bottom = y.place(value), y.place(0.0)
    width = max(right - left - 1, 0.6)
    return (
        f'<rect class="{style}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{max(bottom - top, 0):.1f}"><title>{escape(tip)}</title></rect>'
    )


def round_steps(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) from `low` to `high`."""
    raw = (high - low) / about
    if raw <= 0 or not math.isfinite(raw):
        return [low]
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _grid(x: Axis, y: Axis) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    across = [
        f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y.place(at):.1f}" y2="{y.place(at):.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y.place(at) + 4:.1f}" text-anchor="end">{escape(label)}</text>'
        for at, label in y.ticks
    ]
    along = [
        f'<text x="{x.place(at):.1f}" y="{bottom + 20}" text-anchor="middle">{escape(label)}</text>'
        for at, label in x.ticks
    ]
    return across + along


def _legend(lines: Sequence[Line]) -> str:
    names = {line.name: line.style for line in lines}
    if len(names) < 2:
        return ""
    return "".join(f'<span class="key {style}">{escape(name)}</span>' for name, style in names.items())
