"""Datasets drawn for people: facts, the table of columns, the label's balance, guardrails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.domain.data import ColumnProfile, DataProfile, Dataset, Guardrail, Scalar

BAR_WIDTH = 32
SHOWN_CLASSES = 10
SHOWN_VALUES = 5
SHOWN_ALIKE = 5
EIGHTHS = " ▏▎▍▌▋▊▉"


def size(profile: DataProfile) -> str:
    """`8,000 rows x 21 columns`."""
    counts = ((profile.rows, "row"), (len(profile.columns), "column"))
    return " x ".join(f"{number:,} {word}{'' if number == 1 else 's'}" for number, word in counts)


def draw_dataset(console: Console, dataset: Dataset) -> None:
    """What is known of a version except its columns."""
    about = {
        "file": dataset.file_name,
        "rows": f"{dataset.profile.rows:,}",
        "columns": f"{len(dataset.profile.columns):,}",
        "label": dataset.profile.label,
        "format": _format(dataset),
        "size": f"{dataset.size_bytes:,} bytes",
        "sha256": dataset.content_hash,
        "source": dataset.source,
        "created": dataset.created_at,
        "tags": ", ".join(f"{key}={value}" for key, value in dataset.tags.items()),
    }
    console.print(f"{dataset.name}:{dataset.version}", style="bold")
    for key, value in about.items():
        if value:
            console.print(f"  {key:<8} {value}", soft_wrap=True, markup=False)
    draw_guardrails(console, dataset.profile.guardrails)


def draw_profile(console: Console, dataset: Dataset, *, rows: int | None) -> None:
    """The table of columns (the first `rows` of them), the balance of the label and the guardrails."""
    from rich.text import Text

    profile = dataset.profile
    name = (f"{dataset.name}:{dataset.version}", "bold")
    console.print(Text.assemble(name, f"  {size(profile)}  ", (_format(dataset), "dim")))
    _draw_columns(console, profile, rows)
    if rows is not None and len(profile.columns) > rows:
        console.print(f"and {len(profile.columns) - rows:,} more columns: --all shows them", style="dim")
    console.print()
    if profile.balance:
        _draw_balance(console, profile)
    draw_guardrails(console, profile.guardrails)


def draw_guardrails(console: Console, guardrails: list[Guardrail]) -> None:
    """One line each, wrapped under its text; of a kind that many columns have, the first few."""
    from collections import Counter

    from rich.table import Table
    from rich.text import Text

    if not guardrails:
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(overflow="fold", max_width=24)
    table.add_column(overflow="fold")
    seen: Counter[str] = Counter()
    for rail in guardrails:
        seen[rail.code] += 1
        if seen[rail.code] > SHOWN_ALIKE:
            continue
        warning = rail.severity == "warning"
        where = Text(rail.column or rail.code.replace("_", " "), style="bold")
        table.add_row(
            Text("!" if warning else "i", style="yellow" if warning else "cyan"), where, rail.message
        )
    console.print(table)
    for code, count in seen.items():
        if count > SHOWN_ALIKE:
            more = f"and {count - SHOWN_ALIKE:,} more with {code.replace('_', ' ')}: --output json lists them"
            console.print(more, style="dim")


def _draw_columns(console: Console, profile: DataProfile, rows: int | None) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    gaps = any(column.missing for column in profile.columns)
    longest = max(len(column.name) for column in profile.columns)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, expand=True)
    table.add_column("column", overflow="fold", width=min(20, max(6, longest)))
    table.add_column("type", width=8)
    if gaps:
        table.add_column("missing", justify="right", width=7)
    table.add_column("distinct", justify="right", width=8)
    table.add_column("min · mean · max, or top values", no_wrap=True, overflow="ellipsis", ratio=1)
    for column in profile.columns[:rows]:
        name = Text(column.name, style="bold" if column.name == profile.label else "")
        missing = [_percent(column.missing, profile.rows) if column.missing else ""] if gaps else []
        values = Text(_values(column, profile.rows), no_wrap=True, overflow="ellipsis")
        table.add_row(name, column.type, *missing, f"{column.distinct:,}", values)
    console.print(table)
    if not gaps:
        console.print("no value is missing", style="dim")


def _values(column: ColumnProfile, rows: int) -> str:
    if column.type in ("integer", "number", "datetime") and column.distinct:
        between = [] if column.mean is None else [column.mean]
        return " · ".join(_short(value) for value in (column.min, *between, column.max))
    if not column.categories or not column.counts:
        return ""
    pairs = list(zip(column.categories, column.counts, strict=True))[:SHOWN_VALUES]
    return ", ".join(f"{value} {_percent(count, rows)}" for value, count in pairs)


def _draw_balance(console: Console, profile: DataProfile) -> None:
    from rich.table import Table
    from rich.text import Text

    balance = profile.balance or {}
    total = sum(balance.values())
    largest = max(balance.values())
    table = Table.grid(padding=(0, 1))
    for justify in ("left", "left", "right", "right"):
        table.add_column(justify=justify, overflow="fold")
    for name, count in list(balance.items())[:SHOWN_CLASSES]:
        bar = Text(_bar(count / largest), style="cyan")
        table.add_row(Text(name), bar, f"{count:,}", _percent(count, total))
    console.print(f"balance of {profile.label}", markup=False)
    console.print(table)
    if len(balance) > SHOWN_CLASSES:
        console.print(f"and {len(balance) - SHOWN_CLASSES} more classes", style="dim")
    console.print()


def _bar(share: float) -> str:
    whole, part = divmod(max(1, round(share * BAR_WIDTH * 8)), 8)
    return ("█" * whole + EIGHTHS[part].strip()).ljust(BAR_WIDTH)


def _format(dataset: Dataset) -> str:
    delimiter = {"\t": "tab", None: ""}.get(dataset.delimiter, f"delimiter {dataset.delimiter}")
    return ", ".join(part for part in (dataset.format, dataset.encoding, delimiter) if part)


def _percent(part: int, whole: int) -> str:
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.1:
        return "<0.1%"
    return f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"


def _short(value: Scalar) -> str:
    if isinstance(value, float):
        return (
            f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}" if abs(value) < 1e12 else f"{value:.4g}"
        )
    return f"{value:,}" if isinstance(value, int) else str(value)
