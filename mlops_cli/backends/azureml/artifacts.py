"""Files that a run has left with Azure."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from azureml.core import Run as AzureRun


def read_json(run: AzureRun, file: str) -> Any:
    """The content of one of the run's JSON files."""
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / "document.json"
        run.download_file(file, str(target))
        return msgspec.json.decode(target.read_bytes())
