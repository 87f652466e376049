"""The input schema of a model, read off the profile of the data that it was trained on."""

from __future__ import annotations

from mlops_cli.backends.azureml.registration import Facts
from mlops_cli.domain.data import ColumnProfile, ColumnType, Dataset
from mlops_cli.domain.schema import InputField, ModelSchema

EXAMPLES = 2


def input_schema(data: Dataset, facts: Facts) -> ModelSchema:
    """Every column but the label is an input, as on the other backend."""
    label = str(facts.label)
    inputs = [_field(column) for column in data.profile.columns if column.name != label]
    target = next((column for column in data.profile.columns if column.name == label), None)
    classes = target.categories if target and facts.task == "classification" else None
    forecasting = facts.forecasting or {}
    example = [{f.name: row.get(f.name) for f in inputs} for row in data.profile.example[:EXAMPLES]]
    return ModelSchema(
        task=facts.task or "",
        label=label,
        inputs=inputs,
        output_type=_output(target, facts),
        classes=sorted(classes, key=str) if classes else None,
        example=example,
        time_column=forecasting.get("time_column_name"),
        grain_columns=forecasting.get("time_series_id_column_names") or [],
        horizon=forecasting.get("forecast_horizon"),
    )


def _field(column: ColumnProfile) -> InputField:
    return InputField(
        name=column.name,
        type=column.type,
        nullable=column.missing > 0,
        minimum=column.min if column.type in ("integer", "number") else None,
        maximum=column.max if column.type in ("integer", "number") else None,
        categories=column.categories if column.type == "string" else None,
    )


def _output(target: ColumnProfile | None, facts: Facts) -> ColumnType:
    if target is None:
        return "string"
    return target.type if facts.task == "classification" else "number"
