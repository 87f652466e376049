"""What a search leaves on disk trial by trial, so that a killed one goes on where it stopped.

search.json             fingerprint of data and settings, seconds used
judged.npz              the labels of the judging rows
trials/0003.json .npz   a trial and its out-of-fold answers; the .json is written last
model/                  the best so far, deployable
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from msgspec import Struct

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.trials import Outcome, Trial

if TYPE_CHECKING:
    import pandas


class _State(Struct):
    fingerprint: str
    elapsed: float


class _Record(Struct):
    trial: Trial
    index: int
    rounds: list[int]
    final_seconds: float


class Workdir:
    """The directory of one search; trials of other data or settings are not taken up again."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        self.fingerprint = fingerprint
        self.model = path / "model"
        self.trials = path / "trials"
        self.trials.mkdir(parents=True, exist_ok=True)
        state = self._state()
        self.elapsed = state.elapsed if state and state.fingerprint == fingerprint else 0.0
        if state is None or state.fingerprint != fingerprint:
            for file in self.trials.iterdir():
                file.unlink()
            shutil.rmtree(self.model, ignore_errors=True)
            self.save_elapsed(0.0)

    def _state(self) -> _State | None:
        try:
            return msgspec.json.decode((self.path / "search.json").read_bytes(), type=_State)
        except (OSError, msgspec.DecodeError):
            return None

    def save_elapsed(self, seconds: float) -> None:
        _write(self.path / "search.json", msgspec.json.encode(_State(self.fingerprint, seconds)))

    def save(self, outcome: Outcome) -> None:
        name = self.trials / f"{outcome.trial.iteration:04}"
        draft = name.with_suffix(".tmp.npz")
        np.savez(draft, answers=outcome.answers)
        draft.replace(name.with_suffix(".npz"))
        record = _Record(outcome.trial, outcome.index, outcome.rounds, outcome.final_seconds)
        _write(name.with_suffix(".json"), msgspec.json.encode(record))

    def save_judged(self, judged: dict[str, np.ndarray]) -> None:
        draft = self.path / "judged.tmp.npz"
        np.savez(draft, **judged)  # type: ignore[arg-type]
        draft.replace(self.path / "judged.npz")

    def load(self) -> list[Outcome]:
        """Finished trials in the order of their numbers."""
        return [self._load(file) for file in sorted(self.trials.glob("*.json"))]

    def _load(self, file: Path) -> Outcome:
        record = msgspec.json.decode(file.read_bytes(), type=_Record)
        with np.load(file.with_suffix(".npz")) as arrays:
            answers = arrays["answers"]
        return Outcome(record.trial, record.index, answers, record.rounds, record.final_seconds)


def judged_of(path: Path) -> dict[str, np.ndarray] | None:
    """What `save_judged` has kept in the search's directory."""
    return _arrays(path / "judged.npz")


def answers_of(path: Path, iteration: int) -> np.ndarray | None:
    """The out-of-fold answers of one trial."""
    found = _arrays(path / "trials" / f"{iteration:04}.npz")
    return None if found is None else found["answers"]


def _arrays(file: Path) -> dict[str, np.ndarray] | None:
    try:
        with np.load(file) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        return None


def fingerprint(
    data: "pandas.DataFrame",
    settings: TrainSettings,
    judged: np.ndarray,
    validation: "pandas.DataFrame | None" = None,
) -> str:
    """Of the data, of the labels that judge, and of all settings that decide what a trial is; the budget may
    change unless it changes the folds."""
    from pandas.util import hash_pandas_object

    keep = {k: v for k, v in msgspec.to_builtins(settings).items() if k not in _MAY_CHANGE}
    digest = hashlib.sha256(msgspec.json.encode([list(map(str, data.columns)), keep]))
    for table in (data,) if validation is None else (data, validation):
        digest.update(hash_pandas_object(table, index=False).to_numpy().tobytes())
    digest.update(judged.tobytes())
    return digest.hexdigest()


_MAY_CHANGE = (
    "experiment_timeout_minutes",
    "max_trials",
    "max_concurrent_iterations",
    "experiment_exit_score",
    "enable_early_stopping",
    "model_explainability",
    "workers",
)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + ".tmp")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
