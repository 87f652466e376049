"""Plain tables for lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType


ID_LETTERS = 36
"""Of a run on Azure."""


def hanging(console: Console, rows: Sequence[Sequence[RenderableType]]) -> None:
    """Rows whose last cell is wrapped under itself."""
    from rich.table import Table

    table = Table.grid(padding=(0, 1, 0, 0))
    for _ in rows[0] if rows else ():
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def plain(console: Console, header: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table without lines, or the sentence `empty` when there are no rows. Long cells wrap, none is cut.

    In the first column what is no longer than an id stays whole, to be copied.
    """
    from rich.table import Table

    if not rows:
        console.print(empty)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    keeps = max(len(str(row[0])) for row in rows) <= ID_LETTERS
    for index, title in enumerate(header):
        table.add_column(title, overflow="fold", header_style="bold", no_wrap=keeps and index == 0)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)
