"""The search itself: trials side by side, ensembles of them, the final fit."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from msgspec import Struct, field, structs

from mlops_cli.domain.training import is_better
from mlops_cli.engine.automl.choosing import Chooser
from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.ensemble import STACK, VOTING, stack_ensemble, voting_ensemble
from mlops_cli.engine.automl.finish import Publisher
from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.hosted import FitFailedError
from mlops_cli.engine.automl.learners import ensemble_allowed
from mlops_cli.engine.automl.planner import Planner
from mlops_cli.engine.automl.selection import Selection, select
from mlops_cli.engine.automl.trials import Bench, Outcome, Trial, forget, rank
from mlops_cli.engine.automl.workdir import Workdir
from mlops_cli.errors import WorkFailedError
from mlops_cli.status import RunStatus

OnTrial = Callable[[Trial], None]
Stop = Callable[[], bool]

_VOTE_AT = (2, 4)
_VOTE_EVERY = 8


class AutoMLResult(Struct):
    """`stopped` is budget, early_stopping, exit_score, max_trials, nothing_left or canceled.

    `model_folder` is None when a cancel came before the first model; otherwise the folder holds trial `deployable`,
    which after a cancel may not be the very best.
    """

    best: Trial | None
    leaderboard: list[Trial]
    model_folder: Path | None
    stopped: str
    elapsed_seconds: float
    deployable: int | None = None
    notes: list[str] = field(default_factory=list)
    reason: str = ""
    """Why `best` is not the best by the primary metric; one of the notes."""


class Search:
    """One search. Trials run in threads: the libraries compute without the interpreter's lock."""

    def __init__(
        self,
        bench: Bench,
        publisher: Publisher,
        disk: Workdir,
        on_trial: OnTrial,
        should_stop: Stop,
        by_metric: bool = False,
    ) -> None:
        self.bench = bench
        self.publisher = publisher
        self.clock = publisher.clock
        self.disk = disk
        self.on_trial = on_trial
        self.by_metric = by_metric
        self.chooser = Chooser(bench)
        self.planner = Planner(bench, self.clock, should_stop)
        self.leaderboard: list[Trial] = []
        self.outcomes: list[Outcome] = []
        self.ensembles: list[Outcome] = []
        self.selection: Selection | None = None

    def run(self) -> AutoMLResult:
        self._take_up()
        self._search()
        stopped = self.planner.stopped
        if not self.outcomes and stopped != "canceled":
            raise self._nothing_trained()
        if stopped == "canceled":
            self.publisher.last_words(self.preferred(), self.outcomes)
        else:
            self._add_ensembles()
            self.publisher.publish(self.preferred(), self.outcomes)
            self.publisher.fit_on_all_rows(self.ranking(), self.outcomes)
        self.disk.save_elapsed(self.clock.elapsed())
        return self._result(stopped)

    def ranking(self) -> list[Outcome]:
        return rank(self.bench.metric, self.outcomes + self.ensembles)

    def preferred(self) -> list[Outcome]:
        """The same with the one to leave behind first; who asks for a score gets the trial that has it."""
        asked = self.by_metric or self.planner.stopped == "exit_score"
        return self.ranking() if asked else self.chooser.first(self.ranking())

    def _result(self, stopped: str) -> AutoMLResult:
        ranking, deployed = self.ranking(), self.publisher.iteration
        ranked = [o.trial for o in ranking]
        rest = [t for t in self.leaderboard if t.status != RunStatus.COMPLETED]
        folder = self.disk.model if deployed is not None else None
        best = next((t for t in ranked if t.iteration == deployed), ranked[0] if ranked else None)
        reason = self.chooser.reason(best, ranked[0]) if best else ""
        notes = [*self.bench.notes, *([reason] if reason else [])]
        elapsed = self.clock.elapsed()
        return AutoMLResult(best, ranked + rest, folder, stopped, elapsed, deployed, notes, reason)

    def _take_up(self) -> None:
        """Trials that an earlier sitting finished count as if they had ended now."""
        for outcome in self.disk.load():
            self.leaderboard.append(outcome.trial)
            self.on_trial(outcome.trial)
            if outcome.index < 0:
                self.ensembles.append(outcome)
            else:
                self.planner.taken_up(outcome)
                self._learn(outcome)

    def _search(self) -> None:
        side_by_side = max(self.bench.settings.max_concurrent_iterations, self.bench.fits.side_by_side)
        running: set[Future[Outcome]] = set()
        with ThreadPoolExecutor(side_by_side) as pool:
            try:
                while True:
                    while len(running) < side_by_side and (task := self.planner.next()):
                        running.add(pool.submit(self._try, *task))
                    if not running:
                        return
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._finished(future.result())
            finally:
                self.planner.closing = True

    def _try(self, index: int, name: str, parameters: Parameters, limits: Limits) -> Outcome:
        """A failure becomes a trial that says so; the search goes on."""
        started = time.time()
        try:
            return self.bench.trial(index, name, parameters, limits)
        except OutOfTimeError:
            status, error = RunStatus.CANCELED, "stopped: its time was over"
        except FitFailedError as failure:
            status, error = RunStatus.FAILED, str(failure)
        except Exception as failure:  # noqa: BLE001
            status, error = RunStatus.FAILED, f"{type(failure).__name__}: {failure}"
        duration = round(time.time() - started, 3)
        return Outcome.without_answers(Trial(index, name, parameters, {}, duration, status, error), index)

    def _finished(self, outcome: Outcome) -> None:
        self.planner.ended(outcome)
        self._announce(outcome)
        if outcome.trial.status != RunStatus.COMPLETED:
            return
        self._learn(outcome)
        if len(self.outcomes) in _VOTE_AT or len(self.outcomes) % _VOTE_EVERY == 0:
            self._add_voting()
        self.publisher.follow(self.preferred()[0], self.outcomes)

    def _announce(self, outcome: Outcome) -> None:
        """Number it, keep it on disk, tell the caller."""
        trial = structs.replace(outcome.trial, iteration=len(self.leaderboard))
        if trial.status == RunStatus.COMPLETED and self.bench.metric not in trial.metrics:
            trial.status, trial.error = RunStatus.FAILED, self._unjudged
        outcome.trial = trial
        if trial.status != RunStatus.CANCELED:
            self.disk.save(outcome)
        self.disk.save_elapsed(self.clock.elapsed())
        self.leaderboard.append(trial)
        self.on_trial(trial)
        self._check_exit_score(trial)

    def _learn(self, outcome: Outcome) -> None:
        if outcome.trial.status != RunStatus.COMPLETED:
            return
        self.outcomes = sorted([*self.outcomes, outcome], key=lambda o: o.index)
        self.selection = select(self.bench, self.outcomes)
        forget(self.bench.metric, self.outcomes, self.selection.outcomes)
        self.planner.learn(outcome, self.selection)

    def _add_ensembles(self) -> None:
        if self.planner.stopped != "exit_score":
            self._add_voting()
            self._add_stack()

    def _add_voting(self) -> None:
        if selection := self._mixable(VOTING):
            self._add_ensemble(voting_ensemble(selection), time.time())

    def _add_stack(self) -> None:
        started = time.time()
        if self.clock.left() > self.planner.reserve() and (selection := self._mixable(STACK)):
            self._add_ensemble(stack_ensemble(self.bench, selection), started)

    def _mixable(self, name: str) -> Selection | None:
        several = self.selection is not None and len(self.selection.outcomes) > 1
        return self.selection if several and ensemble_allowed(self.bench.settings, name) else None

    def _add_ensemble(self, outcome: Outcome, started: float) -> None:
        if any(e.trial.parameters == outcome.trial.parameters for e in self.ensembles):
            return
        outcome.trial.metrics = self.bench.metrics(outcome.answers)
        outcome.trial.duration_seconds = round(time.time() - started, 3)
        self._announce(outcome)
        self.ensembles.append(outcome)

    def _check_exit_score(self, trial: Trial) -> None:
        wanted, score = self.bench.settings.experiment_exit_score, trial.metrics.get(self.bench.metric)
        if wanted is not None and score is not None and not is_better(self.bench.metric, wanted, score):
            self.planner.stop("exit_score")

    @property
    def _unjudged(self) -> str:
        return f"{self.bench.metric} cannot be computed"

    def _nothing_trained(self) -> WorkFailedError:
        details = [f"{t.algorithm}: {t.error}" for t in self.leaderboard]
        unjudged = [t for t in self.leaderboard if t.error == self._unjudged]
        hint = (
            "take other rows to judge by, or another train.primary_metric"
            if unjudged
            else "raise the timeout"
        )
        return WorkFailedError("no trial ended with a model", details=details, hint=hint)
