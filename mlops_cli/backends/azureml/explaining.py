"""What a registered model's answers rest on: as its run told, or worked out here with the model itself."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml import explanations
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.data import Row
from mlops_cli.domain.explanation import Explanation
from mlops_cli.errors import MlopsError, UsageError

if TYPE_CHECKING:
    from azureml.core import Model as AzureModel

HINT = "train with train.model_explainability: true, so that Azure explains the best model"


def stored(session: Session, model: AzureModel, columns: list[str]) -> Explanation | None:
    """The explanation that AutoML left with the model's run; None where there is none."""
    from azureml.core import Run as AzureRun

    if not model.run_id:
        return None
    run = session.find(lambda: AzureRun.get(session.workspace, model.run_id))
    shares = explanations.importances(run, columns) if run else {}
    return Explanation(shares) if shares else None


def computed(model: AzureModel, rows: Sequence[Row]) -> Explanation:
    """Worked out on this machine. Raises UsageError for a model that cannot be loaded here."""
    with tempfile.TemporaryDirectory() as place:
        got = Path(model.download(target_dir=place, exist_ok=True))
        loaded = _load(model, got if got.is_dir() else got.parent)
    from mlops_cli.engine.model.explain import explain

    return explain(getattr(loaded, "model", loaded), rows)


def _load(model: AzureModel, folder: Path) -> Any:
    name = f"{model.name}:{model.version}"
    try:
        from mlops_cli.engine.model.folder import load

        return load(folder)
    except (MlopsError, ImportError) as error:
        why = error.message if isinstance(error, MlopsError) else f"{error}; pip install 'mlops-cli[local]'"
        told = why.replace(f"{folder}/", "").replace(str(folder), name)
        raise UsageError(f"{name} cannot be explained on this machine: {told}", hint=HINT) from error
