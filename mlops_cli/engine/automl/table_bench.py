"""Classification and regression: the matrix, the folds and every fold's target means, made ready once."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl import crossing, engines
from mlops_cli.engine.automl.clock import Clock, Limits
from mlops_cli.engine.automl.drift import drift_note
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.automl.fits import Fits, TableFits
from mlops_cli.engine.automl.folds import Fold, split
from mlops_cli.engine.automl.learners import available, chosen, weighing
from mlops_cli.engine.automl.metrics import (
    Weights,
    classification_metric,
    classification_metrics,
    regression_metrics,
)
from mlops_cli.engine.automl.portfolio import Shape, portfolio
from mlops_cli.engine.automl.problem import Problem
from mlops_cli.engine.automl.proposals import Seen, candidate
from mlops_cli.engine.automl.schemas import table_schema
from mlops_cli.engine.automl.trials import Outcome, Trial
from mlops_cli.engine.model.crosses import Pair
from mlops_cli.engine.model.ensembles import Stack, Vote
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.model.members import Bag, Member
from mlops_cli.engine.model.target_means import TargetMeans, cross_fitted, fit_target_means
from mlops_cli.errors import DataError
from mlops_cli.status import RunStatus

_BACKGROUND_ROWS = 64
_ROWS_ENOUGH = 20_000
"""For a model that has seen four in five of them: a fit on all is hardly better."""
_SOON = 1 / 8
_LEAST_TO_BAG, _MOST_ROWS_TO_BAG, _MOST_CELLS_TO_BAG = 4, 10_000, 2_000_000
"""Folds; rows; rows times features times classes: of more, a fit on all rows is as good, and answers sooner."""


class TableBench:
    """Raises DataError when no column can be learnt from."""

    def __init__(self, problem: Problem, settings: TrainSettings) -> None:
        self.problem = problem
        self.settings = settings
        self.metric = settings.metric()
        self.notes = problem.notes
        self.foreign = engines.check(settings) if settings.engine != "mlops" else ""
        self.names = weighing(settings, chosen(settings, tuple(available(settings.task))), self.notes)
        self.encoder = Encoder.fit(problem.features, settings.featurization)
        if not self.encoder.columns:
            reasons = ", ".join(f"'{d.name}' is {d.reason}" for d in self.encoder.dropped[:5])
            raise DataError(f"no column can be learnt from: {reasons}")
        self.matrix = self.encoder.matrix(problem.features)
        if drifted := drift_note(self.matrix, self.encoder):
            self.notes.append(drifted)
        whole, self.means = self._whole()
        self.folds = self._folds(whole)
        self.y = np.concatenate([fold.valid[1] for fold in self.folds if fold.valid])
        weights = [fold.valid_given for fold in self.folds if fold.valid_given is not None]
        self.weights = np.concatenate(weights) if weights else None
        asked = settings.validation_size is not None or problem.folds or problem.judging
        self.big = len(self.folds) == 1 and not asked and not self.foreign
        levels = max(self.encoder.categories.values(), default=0)
        shape = Shape(len(problem.y), problem.outputs, problem.skewness, self.big, levels)
        self.first = portfolio(self.names, bool(settings.allowed_models), shape)
        self.portfolio_size = 1 if self.foreign else len(self.first)
        small = (
            len(problem.y) <= _MOST_ROWS_TO_BAG and self.matrix.size * problem.outputs <= _MOST_CELLS_TO_BAG
        )
        self.bags = len(self.folds) >= _LEAST_TO_BAG and small
        self.fits: Fits = TableFits(settings.task, self.folds, whole, self.encoder.features, self.bags)
        self.built: dict[int, Member] = {}
        self._pairs: list[Pair] | None = None

    def judging(self) -> dict[str, np.ndarray]:
        return {"y": self.y}

    @property
    def classes(self) -> int:
        return len(self.problem.classes or ())

    @property
    def rows(self) -> int:
        return len(self.matrix)

    def candidate(self, index: int, seen: Sequence[Seen]) -> tuple[str, Parameters] | None:
        if self.foreign:
            return engines.candidate(self.settings) if index == 0 else None
        name, proposed = candidate(index, self.settings.seed, self.first, self.names, seen)
        parameters = dict(proposed)
        more: Parameters = {"balanced": True} if self.metric == "norm_macro_recall" else {}
        if parameters.pop("crosses", False) and (pairs := self._crosses(seen)):
            more["crosses"] = pairs
        return name, parameters | more

    def _crosses(self, seen: Sequence[Seen]) -> list[list[str]]:
        """Names of the pairs of features that the first trial has left something to learn in."""
        first = next((s.answers for s in seen if s.place == 0), None)
        if self._pairs is None and first is not None and self.problem.outputs <= 2 and self.weights is None:
            judged = np.concatenate(
                [fold.valid[0][:, : self.encoder.width] for fold in self.folds if fold.valid]
            )
            self._pairs = crossing.pairs(judged, self.y - first[:, -1])
        return [[self.encoder.features[p] for p in pair] for pair in self._pairs or ()]

    def trial(self, index: int, algorithm: str, parameters: Parameters, limits: Limits) -> Outcome:
        started = time.time()
        judged = self.fits.judge(algorithm, parameters, limits)
        answers, rounds_used, seconds, found, kept = zip(*judged, strict=True)
        fold_metrics = [
            self._fold_metric(d.valid[1], a, d.valid_given)
            for d, a in zip(self.folds, answers, strict=True)
            if d.valid
        ]
        whole = np.concatenate(answers)
        trial = Trial(
            index,
            algorithm,
            parameters | found[0],
            self.metrics(whole),
            round(time.time() - started, 3),
            RunStatus.COMPLETED,
            None,
            fold_metrics,
        )
        bag = Bag(list(kept)) if len(kept) > 1 and kept[0] is not None else None
        lasting = bag is not None and self.bags
        final_seconds = sum(seconds) if lasting else sum(seconds) / len(seconds) * self._growth()
        member = kept[0] if self.big else bag
        worth = (bag is not None and not lasting) or (self.big and self._soon_refitted(final_seconds))
        return Outcome(trial, index, whole, list(rounds_used), final_seconds, member, lasting, worth)

    def _soon_refitted(self, seconds: float) -> bool:
        budget = self.settings.experiment_timeout_minutes * 60
        return len(self.matrix) < _ROWS_ENOUGH and seconds < _SOON * budget

    def metrics(self, answers: np.ndarray) -> dict[str, float]:
        return self._metrics(self.y, answers, self.weights)

    def score(self, answers: np.ndarray, rows: np.ndarray) -> float:
        weights = None if self.weights is None else self.weights[rows]
        return self._fold_metric(self.y[rows], answers, weights)

    def build(
        self, members: list[Outcome], mix: Vote | Stack, clock: Clock, anew: frozenset[int] = frozenset()
    ) -> FittedModel:
        """Of what is lacking, a fit that runs out of time ends with what it has learnt."""
        limits = Limits(time.time() + max(clock.left(), 1.0), clock.cores, soft=not anew)
        lacking = [o for o in members if o.member is None or o.trial.iteration in anew]
        missing = [o for o in lacking if o.trial.iteration not in self.built]
        waves = limits.waves(len(missing), len(self.matrix))

        def one(outcome: Outcome) -> Member:
            trial, rounds = outcome.trial, self._final_rounds(outcome)
            member: Member = self.fits.final(trial.algorithm, trial.parameters, rounds, waves.next())
            return member

        fitted = zip(missing, waves.map(one, missing), strict=True)
        self.built |= {outcome.trial.iteration: member for outcome, member in fitted}
        chosen = [self.built.get(o.trial.iteration, o.member) for o in members]
        return FittedModel(self._schema, self.encoder, self.means, chosen, mix, self._background())

    @cached_property
    def _schema(self) -> ModelSchema:
        return table_schema(self.problem, self.encoder, self.settings.task)

    def _background(self) -> np.ndarray | None:
        if not self.settings.model_explainability:
            return None
        order = np.random.default_rng(self.settings.seed).permutation(len(self.matrix))
        return self.matrix[order[:_BACKGROUND_ROWS]]

    def featurization(self) -> list[dict[str, Any]]:
        used = [
            {"column": c.name, "purpose": c.purpose, "features": len(c.outputs)} for c in self.encoder.columns
        ]
        return used + [
            {"column": d.name, "purpose": "dropped", "reason": d.reason} for d in self.encoder.dropped
        ]

    def _folds(self, whole: FitData) -> list[FitData]:
        """Rows that were given to judge leave all others to train on, also in the end."""
        problem = self.problem
        if problem.judging:
            matrix = self.means.extend(self.encoder.matrix(problem.judging.features))
            return [replace(whole, valid=(matrix, problem.judging.y), valid_given=problem.judging.weights)]
        stratified = problem.classes is not None
        rows = problem.folds or split(problem.y, self.matrix.shape[1], stratified, self.settings)
        return [self._fold(fold) for fold in rows]

    def _fold(self, fold: Fold) -> FitData:
        train, valid = fold
        y, weights = self.problem.y, self.problem.weights
        matrix, means = self._with_means(train)
        judging = (means.extend(self.matrix[valid]), y[valid])
        given = {} if weights is None else {"given": weights[train], "valid_given": weights[valid]}
        return self._data(matrix, y[train], valid=judging, **given)

    def _whole(self) -> tuple[FitData, TargetMeans]:
        matrix, means = self._with_means(slice(None))
        return self._data(matrix, self.problem.y, given=self.problem.weights), means

    def _with_means(self, rows: np.ndarray | slice) -> tuple[np.ndarray, TargetMeans]:
        matrix, targets = self.matrix[rows], self.problem.targets[rows]
        categories = self.encoder.categories if self.settings.featurization != "off" else {}
        means = fit_target_means(matrix, targets, categories)
        return cross_fitted(matrix, targets, categories, self.settings.seed), means

    def _data(self, matrix: np.ndarray, y: np.ndarray, **given: Any) -> FitData:
        absolute = self.metric == "normalized_mean_absolute_error"
        seed, outputs = self.settings.seed, self.problem.outputs
        return FitData(matrix, y, outputs, self.encoder.categories, seed, absolute=absolute, **given)

    def _fold_metric(self, y: np.ndarray, answers: np.ndarray, weights: Weights) -> float:
        if self.classes:
            return classification_metric(self.metric, y, answers, weights)
        return self._metrics(y, answers, weights).get(self.metric, float("nan"))

    def _metrics(self, y: np.ndarray, answers: np.ndarray, weights: Weights) -> dict[str, float]:
        if self.classes:
            found = classification_metrics(y, answers, weights)
        else:
            low, high = float(self.problem.y.min()), float(self.problem.y.max())
            found = regression_metrics(y, answers[:, 0], low, high, weights)
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def _growth(self) -> float:
        return len(self.matrix) / len(self.folds[0].y)

    def _final_rounds(self, outcome: Outcome) -> int | None:
        """More rows bear more rounds; half in proportion."""
        mean = sum(outcome.rounds) / len(outcome.rounds)
        return round(mean * (1 + (self._growth() - 1) / 2)) or None
