"""A pipeline as a drawing: one self-contained SVG that follows the reader's light or dark theme."""

from html import escape
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from mlops_cli.domain.pipelines import DataInput, PipelineSettings
from mlops_cli.services.pipelines.runs import graph

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 200, 64, 96, 36, 28
NAME_ROOM, WHAT_ROOM, LABEL_ROOM = 12.6, 16.2, 7.2
"""How many letters fit, counted in their height."""
LEAST_SCALE = 0.7
"""A page that is narrower shows a part of the drawing rather than letters that nobody can read."""
STYLE = """
.g{--ink:#1f2733;--soft:#667085;--card:#ffffff;--line:#c3cad5;--automl:#7c4dff;--script:#1a73e8;
--batch:#0b8f6a;--data:#b7791f;font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
@media (prefers-color-scheme:dark){.g{--ink:#e8ecf3;--soft:#9aa4b5;--card:#1b2230;--line:#465066;
--automl:#a98bff;--script:#6aa8ff;--batch:#3fcfa2;--data:#e0b153}}
.g .card{fill:var(--card);stroke:var(--line)}.g .name{fill:var(--ink);font-size:14px;font-weight:600}
.g .what{fill:var(--soft);font-size:11px}.g .edge{fill:none;stroke:var(--line);stroke-width:1.6}
.g .tip{fill:var(--line)}.g .automl{fill:var(--automl)}.g .script{fill:var(--script)}
.g .batch{fill:var(--batch)}.g .data{fill:var(--data)}.g .wait{stroke-dasharray:4 4}
"""


class Box(NamedTuple):
    """A node of the drawing and its place, in pixels."""

    name: str
    kind: str
    what: str
    x: int
    y: int


def svg(settings: PipelineSettings) -> str:
    """The graph from left to right, a column for each level, the data in the first."""
    rows = graph(settings)
    boxes = {box.name: box for box in _boxes(settings, rows)}
    width = max(box.x for box in boxes.values()) + WIDTH + MARGIN
    height = max(box.y for box in boxes.values()) + HEIGHT + MARGIN
    title = escape(settings.name or "pipeline")
    parts = [
        f'<svg class="g" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" style="min-width:{round(width * LEAST_SCALE)}px" '
        f'role="img" aria-label="Pipeline {title}">',
        f"<title>{title}</title><style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
        *_edges(boxes, rows),
        *(_card(box) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(parts)


def _boxes(settings: PipelineSettings, rows: list[dict[str, Any]]) -> list[Box]:
    columns: dict[int, list[tuple[str, str, str]]] = {}
    for name, source in settings.data.items():
        columns.setdefault(0, []).append((f"data.{name}", "data", _data(source)))
    for row in rows:
        what = f"{row['type']} · {_file(row['code'])}" if row["code"] else f"{row['type']}"
        columns.setdefault(row["level"], []).append((row["name"], row["type"], what))
    boxes = []
    for column, level in enumerate(sorted(columns)):
        for index, (name, kind, what) in enumerate(columns[level]):
            x, y = MARGIN + column * (WIDTH + GAP_X), MARGIN + index * (HEIGHT + GAP_Y)
            boxes.append(Box(name, kind, what, x, y))
    return boxes


def _data(source: DataInput) -> str:
    if source.path:
        return _file(source.path)
    return f"dataset {source.dataset}" if source.dataset else f"model {source.model}"


def _file(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or path


def _edges(boxes: dict[str, Box], rows: list[dict[str, Any]]) -> list[str]:
    drawn, labelled = [], set()
    for row in rows:
        for text in row["inputs"].values():
            owner, _, output = text.partition(".")
            source = boxes[text if owner == "data" else owner]
            label = "" if owner == "data" or text in labelled else output
            labelled.add(text)
            drawn.append(_edge(source, boxes[row["name"]], label))
        drawn += [_edge(boxes[name], boxes[row["name"]], "", " wait") for name in row["after"]]
    return drawn


def _edge(source: Box, target: Box, label: str, style: str = "") -> str:
    x1, y1, x2, y2 = source.x + WIDTH, source.y + HEIGHT // 2, target.x - 2, target.y + HEIGHT // 2
    is_far = x2 - x1 > GAP_X
    path = _around(x1, y1, x2, y2) if is_far else _straight(x1, y1, x2, y2)
    line = f'<path class="edge{style}" d="{path}" marker-end="url(#tip)"/>'
    if not label:
        return line
    place = f'x="{x1 + 8}" y="{y1 - 7 if y2 <= y1 and not is_far else y1 + 22}"'
    return f'{line}<text class="what" {place}>{escape(_short(label, LABEL_ROOM))}</text>'


def _straight(x1: int, y1: int, x2: int, y2: int) -> str:
    bend = (x2 - x1) // 2
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"


def _around(x1: int, y1: int, x2: int, y2: int) -> str:
    """Past other columns: down in the first gap, below their cards, up in the last gap."""
    lane, half = max(y1, y2) + (HEIGHT + GAP_Y) // 2, GAP_X // 2
    down = f"C{x1 + half} {y1} {x1 + half} {lane} {x1 + GAP_X} {lane}"
    return f"M{x1} {y1}{down}H{x2 - GAP_X}C{x2 - half} {lane} {x2 - half} {y2} {x2} {y2}"


def _card(box: Box) -> str:
    name = _middle(box.name.removeprefix("data."), NAME_ROOM)
    return (
        f'<g transform="translate({box.x} {box.y})"><title>{escape(box.name)}: {escape(box.what)}</title>'
        f'<rect class="card" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
        f'<rect class="{box.kind}" x="0" y="12" width="5" height="{HEIGHT - 24}" rx="2.5"/>'
        f'<text class="name" x="18" y="28">{escape(name)}</text>'
        f'<text class="what" x="18" y="46">{escape(_short(box.what, WHAT_ROOM))}</text></g>'
    )


def _middle(text: str, room: float) -> str:
    """Cut in the middle: names that begin alike are told apart by their ends."""
    if _width(text) <= room:
        return text
    half = (room + 1) / 2
    return _short(text, half) + _short(text[::-1], half)[-2::-1]


def _short(text: str, room: float) -> str:
    if _width(text) <= room:
        return text
    most = next(n for n in range(len(text), -1, -1) if _width(text[:n]) <= room - 1)
    return f"{text[:most]}…"


def _width(text: str) -> float:
    """Of a font that is rather wide, in its letters' height."""
    return sum(_width_of(letter) for letter in text)


def _width_of(letter: str) -> float:
    if east_asian_width(letter) in "WF" or letter in "mwMW@%":
        return 1.0
    return 0.75 if letter.isupper() else 0.6
