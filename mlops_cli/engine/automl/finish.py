"""From the winning trial to the model folder."""

import time
from pathlib import Path

from mlops_cli.engine.automl.clock import Clock
from mlops_cli.engine.automl.ensemble import recipe
from mlops_cli.engine.automl.trials import Bench, Outcome
from mlops_cli.engine.model import folder
from mlops_cli.engine.model.folder import Manifest


def publish(
    bench: Bench, best: Outcome, outcomes: list[Outcome], path: Path, clock: Clock, run: dict[str, str]
) -> None:
    """Fit `best` on all rows and put the model in `path`, whole or not at all."""
    started = time.time()
    members, mix = recipe(best, outcomes)
    model = bench.build(members, mix, clock)
    manifest = Manifest(
        best.trial.algorithm,
        metrics=best.trial.metrics,
        parameters=best.trial.parameters,
        run={**run, "final_fit_seconds": round(time.time() - started, 3)},
        featurization=bench.featurization(),
        feature_importances=model.importances() if bench.settings.model_explainability else {},
        notes=bench.notes,
    )
    folder.save(model, path, manifest)
