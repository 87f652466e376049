"""A model's folder compiled and checked as a whole, or not at all and why."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

from mlops_cli.domain.data import Row
from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.compile import parity
from mlops_cli.engine.compile.forest import NotCompilableError
from mlops_cli.engine.compile.outcome import Outcome
from mlops_cli.engine.data.reading import read_frame
from mlops_cli.engine.model import folder
from mlops_cli.engine.serving.fast import table
from mlops_cli.errors import DataError, MlopsError

MOST_ROWS = 40_000


class Rows(NamedTuple):
    """The table that a model was trained on; `path` None when it is gone."""

    path: Path | None
    delimiter: str | None = None
    encoding: str | None = None


def compile_folder(source: Path, target: Path, rows: Rows) -> Outcome:
    """Compile the model in `source` into `target`, which is there afterwards only if the engine is "onnx"."""
    try:
        report = _compile(source, target, rows)
    except MlopsError as error:
        reason = error.message
    except Exception as error:  # noqa: BLE001 whatever a library cannot do, the model itself can
        reason = f"{type(error).__name__}: {error}"
    else:
        return Outcome("onnx", rows=report.rows, difference=report.difference)
    shutil.rmtree(target, ignore_errors=True)
    return Outcome("reference", reason.splitlines()[0])


def _compile(source: Path, target: Path, rows: Rows) -> parity.Report:
    try:
        from mlops_cli.engine.compile.model import compile_model
        from mlops_cli.engine.serving.fast.scorer import load
    except ImportError as error:
        raise NotCompilableError(f"there is no module {error.name}") from error
    model = folder.load(source)
    graph, encoding = compile_model(model)
    table.save(target, graph, encoding)
    return parity.check(model, load(target, model.schema, 1), true_rows(model.schema, rows))


def true_rows(schema: ModelSchema, rows: Rows) -> list[Row]:
    """At most MOST_ROWS rows of the table, taken evenly; none when it cannot be read any more."""
    if rows.path is None:
        return []
    try:
        frame: Any = read_frame(rows.path, delimiter=rows.delimiter, encoding=rows.encoding)
    except DataError:
        return []
    frame = frame[[f.name for f in schema.inputs]]
    step = -(-len(frame) // MOST_ROWS)
    columns = {name: _plain(frame[name].iloc[::step]) for name in frame.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _plain(series: Any) -> list[Any]:
    if series.dtype.kind == "M":
        series = series.map(lambda moment: moment.isoformat(), na_action="ignore")
    return series.astype(object).where(series.notna(), None).tolist()
