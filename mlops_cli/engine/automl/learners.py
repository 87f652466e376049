"""Every algorithm of the search: Azure's name, what fits it, and where to look for its parameters."""

from collections.abc import Callable
from difflib import get_close_matches
from importlib.util import find_spec

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl import boosters, estimators
from mlops_cli.engine.automl.catboost_fit import fit_catboost
from mlops_cli.engine.automl.clock import Limits
from mlops_cli.engine.automl.engines import ENGINES
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.model.members import Member
from mlops_cli.errors import MissingExtraError, UsageError

Fit = Callable[[FitData, Parameters, Limits], tuple[Member, int]]
"""Gives the member and the number of rounds (trees, epochs) that it ended with; 0 where there is none."""

_CLASSIFIERS: dict[str, Fit] = {
    "LightGBM": boosters.fit_lightgbm,
    "XGBoostClassifier": boosters.fit_xgboost,
    "RandomForest": estimators.fit_random_forest,
    "ExtremeRandomTrees": estimators.fit_extra_trees,
    "GradientBoosting": estimators.fit_gradient_boosting,
    "LogisticRegression": estimators.fit_logistic,
    "DecisionTree": estimators.fit_decision_tree,
    "KNN": estimators.fit_neighbours,
    "MLP": estimators.fit_mlp,
    "CatBoostClassifier": fit_catboost,
}
_REGRESSORS: dict[str, Fit] = {
    "LightGBM": boosters.fit_lightgbm,
    "XGBoostRegressor": boosters.fit_xgboost,
    "RandomForest": estimators.fit_random_forest,
    "ExtremeRandomTrees": estimators.fit_extra_trees,
    "GradientBoosting": estimators.fit_gradient_boosting,
    "ElasticNet": estimators.fit_elastic_net,
    "DecisionTree": estimators.fit_decision_tree,
    "KNN": estimators.fit_neighbours,
    "MLP": estimators.fit_mlp,
    "CatBoostRegressor": fit_catboost,
}
_WEIGHS_NOTHING = ("KNN",)
ENSEMBLES = ("VotingEnsemble", "StackEnsemble")
_ONLY_ON_AZURE = (
    "AutoArima", "Prophet", "Arimax", "TCNForecaster", "LassoLars",
    "SGD", "SVM", "LinearSVM", "BernoulliNaiveBayes", "MultinomialNaiveBayes", "LassoLars", "TabnetClassifier",
    "TabnetRegressor", "AveragedPerceptronClassifier", "FastLinearRegressor", "TensorFlowDNN",
    "TensorFlowLinearClassifier", "TensorFlowLinearRegressor", "OnlineGradientDescentRegressor", "LinearRegression",
)  # fmt: skip


def available(task: str) -> dict[str, Fit]:
    return _CLASSIFIERS if task == "classification" else _REGRESSORS


def learner(task: str, name: str) -> Fit:
    """What fits the algorithm `name`, another project's engine among them."""
    foreign = {shown: fit for shown, _, fit in ENGINES.values()}
    return foreign[name] if name in foreign else available(task)[name]


def chosen(settings: TrainSettings, names: tuple[str, ...]) -> list[str]:
    """Those of `names` that the settings allow; an unknown name raises UsageError with the nearest."""
    known = {n.lower(): n for n in (*names, *ENSEMBLES)}
    azure_only = {n.lower() for n in (*_ONLY_ON_AZURE, *_CLASSIFIERS, *_REGRESSORS)} - set(known)
    for name in settings.allowed_models + settings.blocked_models:
        if name.lower() not in known and not (name in settings.blocked_models and name.lower() in azure_only):
            raise UsageError(f"unknown model '{name}'{_where(name, azure_only)}", hint=_hint(name, known))
    allowed = {n.lower() for n in settings.allowed_models} or set(known)
    blocked = {n.lower() for n in settings.blocked_models}
    kept = [n for n in names if n.lower() in allowed - blocked]
    if any(n.startswith("CatBoost") for n in kept) and find_spec("catboost") is None:
        if settings.allowed_models:
            raise MissingExtraError("CatBoost is not installed", hint="pip install 'mlops-cli[catboost]'")
        kept = [n for n in kept if not n.startswith("CatBoost")]
    if not kept:
        raise UsageError("allowed_models and blocked_models leave no model", hint=_hint("", known))
    return kept


def weighing(settings: TrainSettings, names: list[str], notes: list[str]) -> list[str]:
    """Without those that cannot weigh rows, where rows have weights; a note says so."""
    kept = [name for name in names if name not in _WEIGHS_NOTHING]
    if settings.weight_column is None or len(kept) == len(names):
        return names
    if not kept:
        raise UsageError(f"{names[0]} takes no weights of rows", hint="allow another model")
    notes.append(f"{', '.join(_WEIGHS_NOTHING)} takes no weights of rows and was left out")
    return kept


def ensemble_allowed(settings: TrainSettings, name: str) -> bool:
    """Ensembles are built unless blocked, as in Azure, where allowed_models does not list them."""
    return name.lower() not in {n.lower() for n in settings.blocked_models}


def _where(name: str, azure_only: set[str]) -> str:
    return " (not available here for this task)" if name.lower() in azure_only else ""


def _hint(name: str, known: dict[str, str]) -> str:
    near = get_close_matches(name.lower(), known, n=1)
    start = f"did you mean '{known[near[0]]}'? " if near else ""
    return f"{start}models: {', '.join(known.values())}"
