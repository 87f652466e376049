"""The models of all trials of a finished search, not of the best one alone."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl import finish
from mlops_cli.engine.automl.clock import Clock
from mlops_cli.engine.automl.quiet import quiet
from mlops_cli.engine.automl.search import make_bench
from mlops_cli.engine.automl.trials import Trial
from mlops_cli.engine.automl.workdir import Workdir, fingerprint
from mlops_cli.status import RunStatus

if TYPE_CHECKING:
    import pandas

BUDGET_SECONDS = 600.0


def publish_trials(
    data: "pandas.DataFrame",
    settings: TrainSettings,
    workdir: Path,
    place: Callable[[Trial], Path | None],
    validation: "pandas.DataFrame | None" = None,
) -> None:
    """Fit every completed trial of the search in `workdir` on all rows of `data`; put its model where `place` says.

    A trial for which `place` gives None, or a folder that exists, is left out.
    """
    with quiet():
        bench = make_bench(data, settings, validation)
        outcomes = Workdir(workdir, fingerprint(data, settings, bench.y, validation)).load()
        clock = Clock(BUDGET_SECONDS, time.time())
        for outcome in outcomes:
            folder = place(outcome.trial)
            if outcome.trial.status == RunStatus.COMPLETED and folder and not folder.exists():
                finish.publish(bench, outcome, outcomes, folder, clock, {})
