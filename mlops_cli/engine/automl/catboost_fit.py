"""Gradient boosting with CatBoost, behind the extra [catboost]: it stops early and at a deadline."""

from typing import Any

from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.model.foreign import CatBoostMember

_MOST_ROUNDS = 2000
_PATIENCE = 50


def fit_catboost(data: FitData, parameters: Parameters, limits: Limits) -> tuple[CatBoostMember, int]:
    from catboost import CatBoost, Pool

    model = CatBoost(_settings(data, parameters, limits))
    train = Pool(data.matrix, data.y, weight=data.weights())
    valid = Pool(*data.valid, weight=data.valid_given) if data.valid is not None else None
    model.fit(
        train,
        eval_set=valid,
        early_stopping_rounds=_PATIENCE if valid else None,
        callbacks=[_Deadline(limits)],
    )
    if limits.over() and not limits.soft:
        raise OutOfTimeError
    return CatBoostMember(model._serialize_model(), data.outputs), int(model.tree_count_)


def _settings(data: FitData, parameters: Parameters, limits: Limits) -> dict[str, Any]:
    losses = {1: "MAE" if data.absolute else "RMSE", 2: "Logloss"}
    return {
        "loss_function": losses.get(data.outputs, "MultiClass"),
        "iterations": data.rounds or _MOST_ROUNDS,
        "random_seed": data.seed,
        "thread_count": limits.threads,
        "allow_writing_files": False,
        "verbose": False,
        **parameters,
    }


class _Deadline:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def after_iteration(self, _info: Any) -> bool:
        """CatBoost goes on while this is true."""
        return not self.limits.over()
