"""AutoML: from a table and settings to the best model under a budget."""

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli.domain.training import TrainSettings, conflict
from mlops_cli.engine.automl import engines
from mlops_cli.engine.automl.clock import Clock
from mlops_cli.engine.automl.finish import Publisher
from mlops_cli.engine.automl.hosted import HostedFits
from mlops_cli.engine.automl.loop import AutoMLResult, OnTrial, Search, Stop
from mlops_cli.engine.automl.quiet import quiet
from mlops_cli.engine.automl.trials import Bench, Trial
from mlops_cli.engine.automl.workdir import Workdir, fingerprint
from mlops_cli.errors import StateError, UsageError

if TYPE_CHECKING:
    import pandas

    from mlops_cli.engine.automl.cluster import ClusterFits

__all__ = ["AutoMLResult", "Trial", "run_automl"]


def run_automl(
    data: "pandas.DataFrame",
    settings: TrainSettings,
    workdir: Path,
    on_trial: OnTrial = lambda _: None,
    should_stop: Stop = lambda: False,
    started: float | None = None,
    run_info: dict[str, str] | None = None,
    validation: "pandas.DataFrame | None" = None,
    by_metric: bool = False,
) -> AutoMLResult:
    """Search, and leave the best model in `workdir`/model.

    `on_trial` is called in this thread as each trial ends, and once more for each trial that an earlier, killed
    call with the same `workdir` had finished. `started` is `time.time()` of the moment the budget counts from.
    `validation` is a table of the rows that judge every trial; nothing is learnt from it. With `by_metric` the best
    is the best by the primary metric, as Azure has it, and not one that chance tells from it and that loses less.
    Raises DataError or UsageError for what cannot be trained, WorkFailedError when every trial fails, StateError
    when `workdir` cannot be written.
    """
    clock = Clock(settings.experiment_timeout_minutes * 60, started or time.time())
    with quiet():
        bench = make_bench(data, settings, validation)
        try:
            disk = Workdir(workdir, fingerprint(data, settings, bench.y, validation))
            clock.spent = disk.elapsed
            disk.save_judged(bench.judging())
            with closing(_fits(bench, disk)) as bench.fits:
                publisher = Publisher(bench, disk.model, clock, run_info or {})
                return Search(bench, publisher, disk, on_trial, should_stop, by_metric).run()
        except OSError as error:
            raise StateError(f"cannot write {error.filename or workdir}: {error.strerror}") from error


def _fits(bench: Bench, disk: Workdir) -> "HostedFits | ClusterFits":
    if bench.settings.workers:
        from mlops_cli.engine.automl.cluster import ClusterFits

        return ClusterFits(bench.fits, bench.settings.workers)
    return HostedFits(bench.fits, disk.path / "host")


def make_bench(
    data: "pandas.DataFrame", settings: TrainSettings, validation: "pandas.DataFrame | None" = None
) -> Bench:
    """Raises DataError or UsageError for what cannot be trained."""
    if wrong := conflict(settings):
        raise UsageError(": ".join(wrong))
    if settings.engine != "mlops":
        engines.check(settings)
    if settings.task == "forecasting":
        from mlops_cli.engine.automl.forecast_bench import ForecastBench

        return ForecastBench(data, settings, validation)
    from mlops_cli.engine.automl.problem import read_problem
    from mlops_cli.engine.automl.table_bench import TableBench
    from mlops_cli.engine.automl.validation import judging_rows

    problem = read_problem(data, settings)
    if validation is not None:
        problem.judging = judging_rows(validation, problem, settings.weight_column)
    return TableBench(problem, settings)
