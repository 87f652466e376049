"""Gradient boosting with LightGBM and XGBoost: both stop early on validation rows and at a deadline.

The members hold all rounds that were grown, also those after the best one, which is told beside them.
"""

from typing import Any

from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.model.members import LightGBMMember, XGBoostMember

MOST_ROUNDS = 3000
_WIDE = 100
_VERY_WIDE = 500
_SHARE_OF_VERY_WIDE = 0.3
"""Of very many columns a tree sees at most this share: rounds cost less, and trees differ more."""


def fit_lightgbm(data: FitData, parameters: Parameters, limits: Limits) -> tuple[LightGBMMember, int]:
    import lightgbm as lgb

    native = parameters.get("native_categories", False)
    settings = _lightgbm_settings(data, parameters, limits.threads)
    layout: dict[str, Any] = {
        "free_raw_data": False,
        "categorical_feature": list(data.categories) if native else [],
    }
    train = lgb.Dataset(data.matrix, data.y, weight=data.weights(), params=settings, **layout)
    callbacks: list[Any] = [_lightgbm_deadline(limits)]
    valid = []
    if data.valid is not None:
        valid = [lgb.Dataset(*data.valid, weight=data.valid_given, reference=train)]
        callbacks.append(lgb.early_stopping(_patience(parameters), verbose=False))
    rounds = data.rounds or MOST_ROUNDS
    booster = lgb.train(
        settings, train, rounds, valid_sets=valid, callbacks=callbacks, keep_training_booster=True
    )
    best = booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
    return LightGBMMember(booster.model_to_string(num_iteration=-1), data.outputs), best


def _lightgbm_settings(data: FitData, parameters: Parameters, threads: int) -> dict[str, Any]:
    kinds = {1: "regression_l1" if data.absolute else "regression", 2: "binary"}
    wide = data.matrix.shape[1] > _WIDE
    settings = {
        "objective": kinds.get(data.outputs, "multiclass"),
        "verbosity": -1,
        "num_threads": threads,
        "seed": data.seed,
        "deterministic": True,
        **({"force_col_wise": True, "max_bin": 63} if wide else {"force_row_wise": True}),
        **{k: v for k, v in parameters.items() if k != "native_categories"},
    }
    if data.outputs > 2:
        settings["num_class"] = data.outputs
    if data.matrix.shape[1] > _VERY_WIDE:
        share = min(settings.get("feature_fraction", 1.0), _SHARE_OF_VERY_WIDE)
        settings |= {"feature_fraction": share, "max_bin": 31}
    settings["min_data_in_leaf"] = _least_rows(settings.get("min_data_in_leaf", 20), len(data.y))
    if len(data.y) < 1000 and not wide:
        settings["min_data_in_bin"] = 1
    return settings


def _least_rows(wanted: int, rows: int) -> int:
    """A leaf of 20 rows is much in a table of 100."""
    return max(1, min(wanted, rows // 20))


def _patience(parameters: Parameters) -> int:
    """Rounds without gain before boosting ends; slow learning needs more of them."""
    return int(min(200, max(20, 3 / parameters.get("learning_rate", 0.1))))


def _lightgbm_deadline(limits: Limits) -> Any:
    from lightgbm.callback import EarlyStopException

    def check(env: Any) -> None:
        if not limits.over():
            return
        if not limits.soft:
            raise OutOfTimeError
        raise EarlyStopException(env.iteration, env.evaluation_result_list or [])

    check.order = 40  # type: ignore[attr-defined]
    return check


def fit_xgboost(data: FitData, parameters: Parameters, limits: Limits) -> tuple[XGBoostMember, int]:
    import xgboost as xgb

    settings = _xgboost_settings(data, parameters, limits.threads)
    binned = {"nthread": limits.threads, "max_bin": settings["max_bin"]}
    train = xgb.QuantileDMatrix(data.matrix, data.y, weight=data.weights(), **binned)
    callbacks: list[Any] = [_xgboost_deadline(limits)]
    evals = []
    if data.valid is not None:
        evals = [(xgb.QuantileDMatrix(*data.valid, weight=data.valid_given, ref=train, **binned), "valid")]
        callbacks.append(xgb.callback.EarlyStopping(rounds=_patience(parameters)))
    rounds = data.rounds or MOST_ROUNDS
    booster = xgb.train(settings, train, rounds, evals=evals, callbacks=callbacks, verbose_eval=False)
    if limits.over() and not limits.soft:
        raise OutOfTimeError
    best = int(booster.attr("best_iteration") or booster.num_boosted_rounds() - 1) + 1
    return XGBoostMember(bytes(booster.save_raw("ubj")), data.outputs, data.matrix.shape[1]), best


def _xgboost_settings(data: FitData, parameters: Parameters, threads: int) -> dict[str, Any]:
    kinds = {1: "reg:absoluteerror" if data.absolute else "reg:squarederror", 2: "binary:logistic"}
    settings = {
        "objective": kinds.get(data.outputs, "multi:softprob"),
        "tree_method": "hist",
        "max_bin": 64 if data.matrix.shape[1] > _WIDE else 256,
        "verbosity": 0,
        "nthread": threads,
        "seed": data.seed,
        **parameters,
    }
    if data.matrix.shape[1] > _VERY_WIDE:
        share = min(settings.get("colsample_bytree", 1.0), _SHARE_OF_VERY_WIDE)
        settings |= {"colsample_bytree": share, "max_bin": 32}
    if data.outputs > 2:
        settings["num_class"] = data.outputs
    return settings


def _xgboost_deadline(limits: Limits) -> Any:
    import xgboost as xgb

    class Deadline(xgb.callback.TrainingCallback):
        def after_iteration(self, *_: Any) -> bool:
            return limits.over()

    return Deadline()
