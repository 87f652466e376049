"""What clients find on PYTHONPATH: a stand-in for the package that AutoML's client wants before it unpickles.

The SDK loads a fitted model only where `azureml.train.automl.runtime` can be imported. Here that module makes
the classes of our models importable, behind everything that is installed; the real one wins where it exists. So
does that of `azureml.automl.runtime`, which reads ONNX models and computes metrics.
Beside it is what every Python of a run does when it ends.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from mlops_cli.engine.files import write_atomic
from mlops_cli.engine.model.folder import copy_code

_RUNTIME = '''"""Stands in for azureml-train-automl-runtime: makes the classes of the emulator's models importable."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "models"))


def __getattr__(name):
    """The step of pipelines, which older programs import from here."""
    if name not in ("AutoMLStep", "AutoMLStepRun"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from azureml.pipeline import steps

    return getattr(steps, name)
'''


def install(folder: Path) -> None:
    """Write the modules below `folder`."""
    write_atomic(folder / "sitecustomize.py", Path(__file__).with_name("at_exit.py").read_bytes())
    write_atomic(folder / "azureml" / "train" / "automl" / "runtime" / "__init__.py", _RUNTIME.encode())
    scripts = Path(__file__).parent / "azure" / "execution"
    runtime = folder / "azureml" / "train" / "automl" / "runtime"
    write_atomic(runtime / "_model_test_utilities.py", (scripts / "run_results.py").read_bytes())
    local = (scripts / "run_local_training.py").read_bytes()
    write_atomic(runtime / "_experiment_drivers" / "local_experiment_driver.py", local)
    converter = (scripts / "run_onnx.py").read_bytes()
    write_atomic(folder / "azureml" / "automl" / "runtime" / "onnx_convert" / "__init__.py", converter)
    score = folder / "azureml" / "automl" / "runtime" / "shared" / "score"
    write_atomic(score / "scoring.py", (scripts / "run_scoring.py").read_bytes())
    write_atomic(score / "constants.py", (scripts / "run_metric_names.py").read_bytes())
    metrics = Path(__file__).parents[1] / "engine" / "automl" / "metrics.py"
    write_atomic(folder / "model_metrics.py", metrics.read_bytes())
    models = folder / "models"
    shutil.rmtree(models, ignore_errors=True)
    copy_code(models)
