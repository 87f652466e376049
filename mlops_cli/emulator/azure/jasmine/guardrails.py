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


def faults(table: pandas.DataFrame, settings: TrainSettings) -> list[Document]:
    """What our own checks find; a table they cannot read has none."""
    import pyarrow as pa

    from mlops_cli.engine.data import profiling

    try:
        found = profiling.profile(
            pa.Table.from_pandas(table, preserve_index=False), settings.label
        ).guardrails
    except (pa.ArrowException, TypeError, ValueError):
        return []
    return [
        {
            "type": guardrail.code,
            "friendly_type": _NAMES.get(guardrail.code, guardrail.code.replace("_", " ").capitalize()),
            "result": "Alerted",
            "friendly_result": guardrail.message,
            "friendly_parameter_preface": "",
            "friendly_parameters": [{"Column name": guardrail.column}] if guardrail.column else [],
        }
        for guardrail in found
    ]
