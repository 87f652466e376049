"""How the values of a row become numbers: the file encoder.json beside the compiled model."""

from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from mlops_cli.domain.data import ColumnType
from mlops_cli.engine.model.columns import CategoryColumn, Column, DateColumn, NumberColumn, TextColumn
from mlops_cli.engine.serving.spec import read_as
from mlops_cli.errors import StateError

TABLE_FILE, GRAPH_FILE = "encoder.json", "model.onnx"
FORM = 3
"""Of graph and table; another one than this cannot be read."""
Group = Literal["number", "computed", "category"]
GROUPS: tuple[Group, ...] = ("number", "computed", "category")
"""In the order of the matrix."""
MOST_CODES = 1000
"""Categories of a column that are decoded to their codes: such a decoder takes a kilobyte for each."""
_COLUMNS = {"number": NumberColumn, "category": CategoryColumn, "date": DateColumn, "text": TextColumn}


class OutdatedError(StateError):
    """A model that another version of mlops has compiled."""


class Table(Struct):
    """`columns` in the order of the matrix, and how each is encoded; `means` have a row per code, then unseen.

    `sort_by` are columns of the matrix, the first one first, by which a large batch is sorted (see engine).
    `logits`: the graph answers logits of the second of two classes, for an operator less is a microsecond less.
    `form` says how graph and table fit together: those of another version of mlops are compiled anew.
    """

    columns: list[dict[str, Any]]
    groups: list[Group] = field(default_factory=list)
    means: dict[str, list[list[float]]] = field(default_factory=dict)
    sort_by: list[int] = field(default_factory=list)
    logits: bool = False
    form: int = 1

    def encoders(self) -> list[Column]:
        return [_COLUMNS[c["purpose"]](**c) for c in self.columns]

    def layout(self) -> list[tuple[int, int]]:
        """For each place of the matrix a column, and which of its numbers is there (its means follow its own).

        All categories have their codes first, and all their means after those, class by class.
        """
        widths = [self._width(column) for column in self.encoders()]
        looked_up = [i for i, group in enumerate(self.groups) if group == "category"]
        first = looked_up[0] if looked_up else len(widths)
        others = [(i, part) for i in range(first) for part in range(widths[i])]
        most = max([widths[i] for i in looked_up], default=0)
        return others + [(i, part) for part in range(most) for i in looked_up if part < widths[i]]

    def _width(self, column: Column) -> int:
        means = self.means.get(column.name)
        return len(column.outputs) + (len(means[0]) if means else 0)


def described(column: Column) -> dict[str, Any]:
    return {f.name: getattr(column, f.name) for f in fields(column) if f.init}


def group(column: Column, kind: ColumnType) -> Group:
    """How a column of JSON type `kind` is encoded: as it is, by calling its `encode`, or by the decoder."""
    if column.purpose == "number" and kind != "string":
        return "number" if kind != "datetime" else "computed"
    is_short = isinstance(column, CategoryColumn) and len(column.codes) <= MOST_CODES
    return "category" if is_short and kind == "string" else "computed"


def load(folder: Path) -> Table:
    """Raises OutdatedError, and StateError when the file is damaged."""
    table = read_as(folder / TABLE_FILE, Table)
    if table.form != FORM:
        raise OutdatedError(f"{folder} was compiled by another version of mlops", hint="deploy it again")
    return table


def save(folder: Path, graph: bytes, table: Table) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GRAPH_FILE).write_bytes(graph)
    (folder / TABLE_FILE).write_bytes(msgspec.json.encode(table))
