"""How a run's best model does, judged on rows that it had not seen: what the pictures of a report are drawn from."""

from typing import Any

from msgspec import Struct, field

Point = tuple[float, float]


class Curve(Struct):
    name: str
    points: list[Point]


class ForecastCurve(Struct):
    """One series: what was true and what was forecast from each origin; x is seconds since 1970."""

    name: str
    actual: list[Point]
    forecasts: list[list[Point]]


class Diagnosis(Struct, omit_defaults=True):
    """`confusion` counts rows by true (first) and predicted class; `predicted` holds (true, predicted) pairs of a
    sample; `residuals` (from, to, rows)."""

    algorithm: str
    rows: int = 0
    classes: list[str] = field(default_factory=list)
    confusion: list[list[int]] = field(default_factory=list)
    roc: list[Curve] = field(default_factory=list)
    precision_recall: list[Curve] = field(default_factory=list)
    calibration: list[Curve] = field(default_factory=list)
    predicted: list[Point] = field(default_factory=list)
    residuals: list[tuple[float, float, int]] = field(default_factory=list)
    forecasts: list[ForecastCurve] = field(default_factory=list)
    importances: dict[str, float] = field(default_factory=dict)
    featurization: list[dict[str, Any]] = field(default_factory=list)
