"""Data guardrails in the form that `AutoMLRun.get_guardrails()` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_cli.domain.training import TrainSettings
from mlops_cli.emulator.state import Document

if TYPE_CHECKING:
    import pandas

_NAMES = {
    "imbalance": "Class balancing detection",
    "missing_values": "Missing feature values imputation",
    "high_cardinality": "High cardinality feature detection",
}
_PASSED = {
    "imbalance": "All classes of the label have rows enough.",
    "missing_values": "No feature misses values.",
    "high_cardinality": "No feature has a value of its own in nearly every row.",
}
"""What there is to say where a check has found nothing."""


def faults(table: pandas.DataFrame, settings: TrainSettings) -> list[Document]:
    """What our own checks find, and which of Azure's have found nothing; a table they cannot read has none."""
    import pyarrow as pa

    from mlops_cli.engine.data import profiling

    try:
        found = profiling.profile(
            pa.Table.from_pandas(table, preserve_index=False), settings.label
        ).guardrails
    except (pa.ArrowException, TypeError, ValueError):
        return []
    passed = [
        _entry(code, "Passed", said)
        for code, said in _PASSED.items()
        if code not in {guardrail.code for guardrail in found}
        and (code != "imbalance" or settings.task == "classification")
    ]
    alerted = [_entry(one.code, "Alerted", one.message, one.column) for one in found]
    return alerted + passed


def _entry(code: str, result: str, message: str, column: str | None = None) -> Document:
    return {
        "type": code,
        "friendly_type": _NAMES.get(code, code.replace("_", " ").capitalize()),
        "result": result,
        "friendly_result": message,
        "friendly_parameter_preface": "",
        "friendly_parameters": [{"Column name": column}] if column else [],
    }
