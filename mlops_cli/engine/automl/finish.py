"""From a trial to the model folder: the best so far while the search goes on, the best of all at its end."""

import time
from contextlib import suppress
from pathlib import Path

from mlops_cli.engine.automl.clock import Clock, OutOfTimeError
from mlops_cli.engine.automl.ensemble import recipe
from mlops_cli.engine.automl.hosted import FitFailedError
from mlops_cli.engine.automl.trials import Bench, Outcome
from mlops_cli.engine.model import folder
from mlops_cli.engine.model.folder import Manifest

_SHARE = 0.3
_AT_ONCE = 1.0
_MARGIN = 1.3
_LATE = 1.0


class Publisher:
    """Keeps the best so far in `path`, whole or not at all. `iteration` is the trial that is there, or None.

    A member fitted for one model is there for the next, so that following the search costs little: at most 30 %
    of the time so far, apart from the first model and the first ensemble.
    """

    def __init__(self, bench: Bench, path: Path, clock: Clock, run: dict[str, str]) -> None:
        self.bench = bench
        self.path = path
        self.clock = clock
        self.run = run
        self.iteration: int | None = _published(path)
        self._ensemble = False
        self._spent = 0.0

    def follow(self, best: Outcome, outcomes: list[Outcome]) -> None:
        """Publish `best` if it is new and its missing members are worth their time now."""
        first = self.iteration is None or (best.index < 0 and not self._ensemble)
        allowed = _SHARE * self.clock.elapsed() - self._spent
        if best.trial.iteration != self.iteration and (first or self._seconds(best, outcomes) <= allowed):
            self.publish([best], outcomes)

    def publish(self, ranking: list[Outcome], outcomes: list[Outcome]) -> None:
        """The first of `ranking` that can be fitted in time; what is there stays when none can."""
        started = time.time()
        for best in ranking:
            if best.trial.iteration == self.iteration:
                break
            if self._too_late(best, outcomes):
                continue
            try:
                self._build(best, outcomes)
                break
            except (OutOfTimeError, FitFailedError):
                continue
        self._spent += time.time() - started

    def fit_on_all_rows(self, ranking: list[Outcome], outcomes: list[Outcome]) -> None:
        """Once more what was published with provisional members: those that the rest of the budget is enough
        for, the quickest first."""
        best = next((o for o in ranking if o.trial.iteration == self.iteration), None)
        members = [o for o in recipe(best, outcomes)[0] if o.is_provisional] if best else []
        anew: list[Outcome] = []
        for member in sorted(members, key=lambda o: o.final_seconds):
            seconds = self.clock.together([o.final_seconds for o in (*anew, member)], self.bench.rows)
            if self.clock.left() > _MARGIN * seconds:
                anew.append(member)
        if best and anew:
            with suppress(OutOfTimeError, FitFailedError):
                self._build(best, outcomes, frozenset(o.trial.iteration for o in anew))

    def last_words(self, ranking: list[Outcome], outcomes: list[Outcome]) -> None:
        """After a cancel: the best, when its members are there already or nearly so."""
        near = [o for o in ranking if self._seconds(o, outcomes) <= _AT_ONCE]
        self.publish(near[:1], outcomes)

    def _too_late(self, best: Outcome, outcomes: list[Outcome]) -> bool:
        """Whether a model that is there has to do. What is counted by number does not look at the clock."""
        if self.iteration is None or self.bench.settings.max_trials:
            return False
        return self._seconds(best, outcomes) > max(self.clock.left(), 0.0) + _LATE

    def _seconds(self, best: Outcome, outcomes: list[Outcome]) -> float:
        members, _ = recipe(best, outcomes)
        seconds = [o.seconds_to_serve for o in members if o.trial.iteration not in self.bench.built]
        return self.clock.together(seconds, self.bench.rows)

    def _build(self, best: Outcome, outcomes: list[Outcome], anew: frozenset[int] = frozenset()) -> None:
        publish(self.bench, best, outcomes, self.path, self.clock, self.run, anew)
        self.iteration = best.trial.iteration
        self._ensemble = self._ensemble or best.index < 0


def publish(
    bench: Bench,
    best: Outcome,
    outcomes: list[Outcome],
    path: Path,
    clock: Clock,
    run: dict[str, str],
    anew: frozenset[int] = frozenset(),
) -> None:
    """Fit what `best` lacks on all rows (`anew` as for `Bench.build`) and put the model in `path`, whole or not
    at all."""
    started = time.time()
    members, mix = recipe(best, outcomes)
    model = bench.build(members, mix, clock, anew)
    seconds = round(time.time() - started, 3)
    manifest = Manifest(
        best.trial.algorithm,
        metrics=best.trial.metrics,
        parameters=best.trial.parameters,
        run={**run, "iteration": best.trial.iteration, "final_fit_seconds": seconds},
        featurization=bench.featurization(),
        feature_importances=model.importances() if bench.settings.model_explainability else {},
        notes=bench.notes,
    )
    folder.save(model, path, manifest)


def _published(path: Path) -> int | None:
    """Which trial an earlier sitting of the search has left there."""
    try:
        found: int = folder.load_manifest(path).run["iteration"]
    except (OSError, ValueError, KeyError):
        return None
    return found
