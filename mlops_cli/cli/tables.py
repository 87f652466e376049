"""Plain tables for lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console


def plain(console: Console, header: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table without lines, or the sentence `empty` when there are no rows."""
    from rich import box
    from rich.table import Table

    if not rows:
        console.print(empty)
        return
    table = Table(*header, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)
