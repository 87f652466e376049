"""How the values of a row become numbers: the file encoder.json beside the compiled model."""

from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from mlops_cli.domain.data import ColumnType
from mlops_cli.engine.model.columns import CategoryColumn, Column, DateColumn, NumberColumn, TextColumn

TABLE_FILE, GRAPH_FILE = "encoder.json", "model.onnx"
GROUPS = ("number", "computed", "category")
"""In the order of the matrix."""
_COLUMNS = {"number": NumberColumn, "category": CategoryColumn, "date": DateColumn, "text": TextColumn}


class Table(Struct):
    """`columns` in the order of the matrix; `means` of a category follow its code: a row per code, then unseen.

    `sort_by` are columns of the matrix, the first one first, by which a large batch is sorted (see engine).
    """

    columns: list[dict[str, Any]]
    means: dict[str, list[list[float]]] = field(default_factory=dict)
    sort_by: list[int] = field(default_factory=list)

    def encoders(self) -> list[Column]:
        return [_COLUMNS[c["purpose"]](**c) for c in self.columns]


def described(column: Column) -> dict[str, Any]:
    return {f.name: getattr(column, f.name) for f in fields(column) if f.init}


def group(column: Column, kind: ColumnType) -> Literal["number", "computed", "category"]:
    """How a column of JSON type `kind` is encoded: as it is, by calling its `encode`, or by looking it up."""
    if column.purpose == "number" and kind != "string":
        return "number" if kind != "datetime" else "computed"
    return "category" if column.purpose == "category" and kind == "string" else "computed"


def save(folder: Path, graph: bytes, table: Table) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GRAPH_FILE).write_bytes(graph)
    (folder / TABLE_FILE).write_bytes(msgspec.json.encode(table))
