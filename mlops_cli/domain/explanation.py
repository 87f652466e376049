"""What a model's answers rest on, in terms of the columns that callers send."""

from msgspec import Struct, field

from mlops_cli.domain.data import Scalar


class RowExplanation(Struct):
    """`value` is the number explained (a probability of `output`, or the prediction): `base`, what the model
    answers on average, plus the `contributions` of the columns, largest first."""

    prediction: Scalar
    output: str
    value: float
    base: float
    contributions: dict[str, float]


class Explanation(Struct):
    """`importances` is each column's mean absolute contribution as a share of all, largest first."""

    importances: dict[str, float]
    rows: list[RowExplanation] = field(default_factory=list)
