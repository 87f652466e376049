"""What `models register` means: a run's best model, or a folder."""

from pathlib import Path

from mlops_cli.backends.base import ModelBackend
from mlops_cli.domain.runs import Model


def register(
    models: ModelBackend, source: str, name: str, tags: dict[str, str], cwd: Path
) -> tuple[Model, bool]:
    """Register the folder or file `source` when there is one, otherwise the best model of the run `source`."""
    folder = cwd / source
    if folder.exists():
        return models.register_folder(folder, name, tags)
    return models.register(source, name, tags)
