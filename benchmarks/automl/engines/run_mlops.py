"""This engine; each deployable model that it leaves on its way is kept and judged afterwards."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import task

_LOOK_EVERY = 0.05


class Search:
    """Runs AutoML and notes when the first row, the first ensemble and each model were there."""

    def __init__(self) -> None:
        self.first: dict[str, float] = {}
        self.kept: list[tuple[float, Path]] = []
        self.facts: dict[str, Any] = {}

    def __call__(self, frame: Any, asked: dict[str, Any]) -> "Served":
        self.began, self.out = time.time(), Path(asked["out"])
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(ended,))
        watcher.start()
        try:
            result = self._train(frame, asked)
        finally:
            ended.set()
            watcher.join()
        self.facts = {"stopped": result.stopped, "algorithm": result.best.algorithm}
        self.facts |= {"trials": len(result.leaderboard)}
        return Served(result.model_folder)

    def _train(self, frame: Any, asked: dict[str, Any]) -> Any:
        from mlops_cli.domain.training import TrainSettings
        from mlops_cli.engine.automl.search import run_automl

        kind = "regression" if asked["task"] == "regression" else "classification"
        settings = TrainSettings(
            kind, asked["label"], experiment_timeout_minutes=asked["budget"] / 60, seed=asked["seed"]
        )
        return run_automl(frame, settings, self.out / "search", self._note, started=self.began)

    def _note(self, trial: Any) -> None:
        seconds = time.time() - self.began
        self.first.setdefault("first_row_seconds", seconds)
        if trial.algorithm.endswith("Ensemble"):
            self.first.setdefault("first_ensemble_seconds", seconds)

    def _watch(self, ended: threading.Event) -> None:
        """A hard link keeps a model that the search replaces."""
        model, seen = self.out / "search" / "model" / "model.pkl", 0
        last = False
        while not last:
            last = ended.wait(_LOOK_EVERY)
            try:
                inode = model.stat().st_ino
                if inode != seen:
                    kept = self.out / f"kept-{len(self.kept)}"
                    kept.mkdir()
                    os.link(model, kept / "model.pkl")
                    self.kept.append((time.time() - self.began, kept))
                    seen = inode
            except FileNotFoundError:
                continue

    def after(self) -> dict[str, Any]:
        import numpy as np
        import pandas as pd

        test = pd.read_csv(self.out / "test.csv")
        for number, (_, folder) in enumerate(self.kept):
            np.save(self.out / f"trace-{number}.npy", Served(folder).scores(test))
        return self.first | self.facts | {"trace": [seconds for seconds, _ in self.kept]}


class Served:
    def __init__(self, folder: Path) -> None:
        from mlops_cli.engine.model.folder import load

        self.folder = folder
        self.model = load(folder)
        known = self.model.schema.classes
        self.classes = None if known is None else [str(c) for c in known]

    def scores(self, frame: Any) -> Any:
        import numpy as np

        if self.classes is None:
            return np.array(self.model.predict(frame))
        return self.model.predict_proba(frame)

    def labels(self, rows: list[dict[str, Any]]) -> Any:
        return self.model.predict(rows)

    def size(self) -> int:
        return (self.folder / "model.pkl").stat().st_size


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `mlops train` sets it
    search = Search()
    task.measure(search, search.after)
