"""Where state lives. Functions, not constants, so that a test or a profile can choose the place.

HOME/                 `.mlops/` beside the profile, or $MLOPS_HOME
  store.sqlite        datasets, runs, models, endpoints
  datasets/HASH/      the bytes of a registered file, once per content
  runs/RUN_ID/        the trainer's log, trials and fitted models
  models/NAME/VERSION/
  endpoints/NAME/     specification, secrets (0600) and logs of one service
  emulator/           identity, keys (0600) and state of the Azure ML emulator
"""

from pathlib import Path


def store(home: Path) -> Path:
    return home / "store.sqlite"


def dataset_dir(home: Path, content_hash: str) -> Path:
    return home / "datasets" / content_hash[:16]


def dataset_file(home: Path, content_hash: str, form: str) -> Path:
    return dataset_dir(home, content_hash) / f"data.{form}"


def run_dir(home: Path, run_id: str) -> Path:
    return home / "runs" / run_id


def run_log(home: Path, run_id: str) -> Path:
    return run_dir(home, run_id) / "run.log"


def model_dir(home: Path, name: str, version: int) -> Path:
    return home / "models" / name / str(version)


def endpoint_dir(home: Path, name: str) -> Path:
    return home / "endpoints" / name


def emulator_dir(home: Path) -> Path:
    return home / "emulator"
