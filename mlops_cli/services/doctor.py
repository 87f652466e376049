"""What a machine needs for what, and whether it is there."""

import platform
import shutil
import sys
from importlib import metadata
from typing import Literal

from msgspec import Struct

from mlops_cli.backends.base import Context
from mlops_cli.errors import MlopsError

LOCAL = ("numpy", "pandas", "pyarrow", "scikit-learn", "lightgbm", "httptools", "psutil")
AZURE = ("azureml-core", "azureml-train-automl-client", "azureml-pipeline-core", "azureml-pipeline-steps")
FREE_MEGABYTES = 500


class Check(Struct, omit_defaults=True):
    """One line of the report. `missing` keeps the local backend from working, `absent` does not."""

    name: str
    state: Literal["ok", "missing", "absent"]
    found: str
    hint: str | None = None


def examine(context: Context) -> list[Check]:
    """Look at Python, the packages of each extra and the state directory."""
    return [
        _python(),
        _packages("backend local", LOCAL, "missing", "pip install 'mlops-cli[local]'"),
        _packages("Azure SDK v1", AZURE, "absent", _azure_hint()),
        _packages("mlflow", ("mlflow",), "absent", "pip install 'mlops-cli[mlflow]'"),
        _state(context),
    ]


def _python() -> Check:
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    hint = None if fits else "mlops is made for Python 3.11, 3.12 and 3.13"
    return Check("Python", "ok" if fits else "missing", version, hint)


def _packages(
    name: str, wanted: tuple[str, ...], otherwise: Literal["missing", "absent"], hint: str
) -> Check:
    absent = [package for package in wanted if not _installed(package)]
    if absent:
        return Check(name, otherwise, f"without {', '.join(absent)}", hint)
    return Check(name, "ok", ", ".join(f"{package} {metadata.version(package)}" for package in wanted[:4]))


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _azure_hint() -> str:
    if sys.version_info >= (3, 12):
        return "needs Python 3.11: the AutoML client of the SDK wants < 3.12"
    return "pip install 'mlops-cli[azure]'"


def _state(context: Context) -> Check:
    """Whether the state directory can be written and has space."""
    from mlops_cli.backends import registry

    home = context.config.home
    try:
        registry.load(context, "local").runs.list()
    except MlopsError as error:
        return Check("state directory", "missing", error.message, error.hint)
    free = shutil.disk_usage(home).free // 2**20
    if free < FREE_MEGABYTES:
        return Check(
            "state directory", "missing", f"{home}: {free} MB free", "free some space or set MLOPS_HOME"
        )
    return Check("state directory", "ok", f"{home}: {free:,} MB free")
