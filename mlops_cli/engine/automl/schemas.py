"""The input schema of a trained model, read off the training table."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_cli.domain.data import ColumnType, Row, Scalar
from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.problem import Problem
from mlops_cli.engine.automl.timeline import Timeline
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.values import is_missing

if TYPE_CHECKING:
    import pandas

_EXAMPLES = 2
_MOST_CATEGORIES = 100


def table_schema(problem: Problem, encoder: Encoder, task: str) -> ModelSchema:
    """Every column of the table is an input, also one that the model does not read: callers send whole rows."""
    dates = {c.name for c in encoder.columns if c.purpose == "date"}
    inputs = [input_field(name, problem.features[name], name in dates) for name in problem.features.columns]
    return ModelSchema(
        task,
        problem.label,
        inputs,
        _label_type(problem.classes),
        problem.classes,
        examples(problem.features, inputs),
    )


def forecast_schema(
    problem: Problem, line: Timeline, encoder: Encoder, settings: TrainSettings
) -> ModelSchema:
    """As `table_schema`; the example rows are the first ones of the future, so that they can be forecast."""
    forecasting = settings.forecasting
    assert forecasting is not None
    time = forecasting.time_column_name
    schema = table_schema(problem, encoder, settings.task)
    schema.time_column, schema.horizon = time, forecasting.forecast_horizon
    schema.grain_columns = forecasting.time_series_id_column_names
    schema.inputs = [
        InputField(time, "datetime", nullable=False) if f.name == time else f for f in schema.inputs
    ]
    last = line.values.shape[1]
    newest = problem.features.iloc[[len(problem.features) - 1] * _EXAMPLES]
    schema.example = examples(newest, schema.inputs)
    for ahead, row in enumerate(schema.example):
        moment = line.periods.moment(last + ahead)
        row[time] = _written(moment, line.date_format)
    return schema


def _written(moment: datetime, form: str) -> str:
    if form != "iso":
        return moment.strftime(form)
    return moment.isoformat() if moment.hour or moment.minute else moment.date().isoformat()


def input_field(name: str, series: "pandas.Series", is_date: bool) -> InputField:
    kind: ColumnType = "datetime" if is_date else _type(series)
    field = InputField(name, kind, nullable=bool(series.isna().any()))
    known = series.dropna()
    if kind in ("integer", "number") and len(known):
        field.minimum, field.maximum = _scalar(known.min()), _scalar(known.max())
    elif kind == "string" and 0 < known.nunique() <= _MOST_CATEGORIES:
        field.categories = [_scalar(v) for v in known.value_counts().index.tolist()]
    return field


def examples(frame: "pandas.DataFrame", inputs: list[InputField]) -> list[Row]:
    rows = frame.iloc[:_EXAMPLES].to_dict("records")
    return [{f.name: _scalar(row[f.name]) for f in inputs} for row in rows]


def _type(series: "pandas.Series") -> ColumnType:
    kind = series.dtype.kind
    if str(series.dtype) == "category" or kind not in "iufbM":
        return "string"
    if kind == "f":
        known = series.dropna()
        whole = series.isna().any() and len(known) and (known % 1 == 0).all()
        return "integer" if whole else "number"
    return {"i": "integer", "u": "integer", "b": "boolean", "M": "datetime"}[kind]  # type: ignore[return-value]


def _label_type(classes: list[Scalar] | None) -> ColumnType:
    if classes is None:
        return "number"
    kinds: dict[type, ColumnType] = {bool: "boolean", int: "integer", float: "number"}
    return kinds.get(type(classes[0]), "string")


def _scalar(value: Any) -> Scalar:
    if is_missing(value):
        return None
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, str | int | float | bool) else str(plain)
