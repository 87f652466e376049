"""scikit-learn's models, grown in steps so that each can stop at a deadline."""

import time
from copy import copy, deepcopy
from typing import Any

import numpy as np

from mlops_cli.engine.automl.clock import Limits
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.model.dense import Dense
from mlops_cli.engine.model.members import SklearnMember

_TREES_A_STEP = 20
_STEPS = 20
_MOST_EPOCHS = 100
_EPOCHS_PATIENCE = 5
_MOST_BYTES = 16_000_000

Fitted = tuple[SklearnMember, int]


def fit_random_forest(data: FitData, parameters: Parameters, limits: Limits) -> Fitted:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestClassifier if data.outputs > 1 else RandomForestRegressor
    return _fit_forest(kind, data, parameters, limits)


def fit_extra_trees(data: FitData, parameters: Parameters, limits: Limits) -> Fitted:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesClassifier if data.outputs > 1 else ExtraTreesRegressor
    return _fit_forest(kind, data, parameters, limits)


def _fit_forest(kind: Any, data: FitData, parameters: Parameters, limits: Limits) -> Fitted:
    """Grows some trees at a time; a soft limit keeps those that there was time for."""
    wanted, jobs = parameters.get("n_estimators", 100), max(limits.threads, limits.cores)
    settings = {**parameters, "n_estimators": 0, "random_state": data.seed}
    forest = kind(**settings, n_jobs=jobs, warm_start=True)
    more = min(2 * jobs, wanted)
    while more > 0:
        started = time.time()
        forest.n_estimators += more
        forest.fit(data.matrix, data.y, sample_weight=data.weights())
        pace = (time.time() - started) / more
        more = min(_TREES_A_STEP, wanted - forest.n_estimators)
        if limits.over() and more:
            limits.check()
            break
        if limits.soft:
            more = min(more, int((limits.deadline - time.time()) / pace))
    forest.n_jobs = 1
    return SklearnMember(forest, None, data.outputs), 0


def fit_decision_tree(data: FitData, parameters: Parameters, _limits: Limits) -> Fitted:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeClassifier if data.outputs > 1 else DecisionTreeRegressor
    model = kind(**parameters, random_state=data.seed).fit(data.matrix, data.y, sample_weight=data.weights())
    return SklearnMember(model, None, data.outputs), 0


def fit_gradient_boosting(data: FitData, parameters: Parameters, limits: Limits) -> Fitted:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if data.outputs > 1 else HistGradientBoostingRegressor
    wanted = parameters.get("max_iter", 200)
    settings = {**parameters, "early_stopping": False, "warm_start": True, "random_state": data.seed}
    model = kind(**{**settings, "max_iter": _TREES_A_STEP})
    for trees in range(_TREES_A_STEP, wanted + _TREES_A_STEP, _TREES_A_STEP):
        model.set_params(max_iter=min(trees, wanted)).fit(data.matrix, data.y, sample_weight=data.weights())
        if limits.over() and not limits.soft:
            limits.check()
        if limits.over():
            break
    return SklearnMember(model, None, data.outputs), 0


def fit_neighbours(data: FitData, parameters: Parameters, _limits: Limits) -> Fitted:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    dense = Dense(data.categories).fit(data.matrix)
    kind = KNeighborsClassifier if data.outputs > 1 else KNeighborsRegressor
    count = min(parameters.get("n_neighbors", 15), len(data.y))
    model = kind(**{**parameters, "n_neighbors": count}).fit(dense.transform(data.matrix), data.y)
    return SklearnMember(model, dense, data.outputs), 0


def fit_logistic(data: FitData, parameters: Parameters, limits: Limits) -> Fitted:
    from sklearn.linear_model import LogisticRegression

    dense, parameters = _bent(data, parameters)
    values = dense.transform(data.matrix)
    model = LogisticRegression(**parameters, max_iter=_STEPS, warm_start=True)
    for _ in range(_STEPS):
        model.fit(values, data.y, sample_weight=data.weights())
        if model.n_iter_.max() < _STEPS:
            break
        if limits.over():
            if not limits.soft:
                limits.check()
            break
    return SklearnMember(model, dense, data.outputs), 0


def fit_elastic_net(data: FitData, parameters: Parameters, _limits: Limits) -> Fitted:
    from sklearn.linear_model import ElasticNet

    dense, parameters = _bent(data, parameters)
    shift, scale = float(data.y.mean()), float(data.y.std()) or 1.0
    model = ElasticNet(**parameters, random_state=data.seed, max_iter=500)
    model.fit(dense.transform(data.matrix), (data.y - shift) / scale, sample_weight=data.weights())
    return SklearnMember(model, dense, 1, shift, scale), 0


def _bent(data: FitData, parameters: Parameters) -> tuple[Dense, Parameters]:
    """Our own parameter `bent` is for the columns, the others are the model's."""
    rest = {key: value for key, value in parameters.items() if key != "bent"}
    return Dense(data.categories, parameters.get("bent", False)).fit(data.matrix), rest


class StagedMember(SklearnMember):
    """A neural network as it was after its best epoch, and after any other: `stages` are the weights."""

    stages: list[Any]

    def first(self, rounds: int) -> SklearnMember:
        model = copy(self.model)
        model.coefs_, model.intercepts_ = self.stages[min(rounds, len(self.stages)) - 1]
        return SklearnMember(model, self.dense, self.classes, self.shift, self.scale)


def fit_mlp(data: FitData, parameters: Parameters, limits: Limits) -> Fitted:
    """One epoch at a time, until the validation rows are predicted no better."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    dense = Dense(data.categories).fit(data.matrix)
    values = dense.transform(data.matrix).astype(np.float32)
    shift, scale = (float(data.y.mean()), float(data.y.std()) or 1.0) if data.outputs == 1 else (0.0, 1.0)
    y = (data.y - shift) / scale if data.outputs == 1 else data.y
    kind = MLPClassifier if data.outputs > 1 else MLPRegressor
    model = kind(**parameters, random_state=data.seed)
    member = StagedMember(model, dense, data.outputs, shift, scale)
    known: dict[str, Any] = {"classes": np.unique(data.y)} if data.outputs > 1 else {}
    if data.given is not None:
        known["sample_weight"] = data.given
    best, epochs, member.stages = np.inf, 0, []
    for epoch in range(1, (data.rounds or _MOST_EPOCHS) + 1):
        model.partial_fit(values, y, **known)
        loss = _loss(member, data) if data.valid else -epoch
        if loss < best:
            best, epochs = loss, epoch
        _keep(member, better=epochs == epoch)
        if epoch - epochs >= _EPOCHS_PATIENCE or (limits.over() and limits.soft):
            break
        limits.check()
    model._optimizer = None  # the optimizer's moments would double the size of the saved model
    model.coefs_, model.intercepts_ = member.stages[epochs - 1]
    return member if data.valid else member.first(epochs), epochs


def _keep(member: StagedMember, better: bool) -> None:
    """The weights of every epoch, or of a large network those of the best one in the place of all."""
    weights = deepcopy((member.model.coefs_, member.model.intercepts_))
    size = sum(each.nbytes for part in weights for each in part)
    large = size * _MOST_EPOCHS > _MOST_BYTES
    if large:
        kept = weights if better or not member.stages else member.stages[-1]
        member.stages = [kept] * (len(member.stages) + 1)
    else:
        member.stages.append(weights)


def _loss(member: SklearnMember, data: FitData) -> float:
    assert data.valid is not None
    matrix, y = data.valid
    predicted = member.predict(matrix)
    if data.outputs == 1:
        return float(np.average((predicted[:, 0] - y) ** 2, weights=data.valid_given))
    losses = -np.log(np.clip(predicted[np.arange(len(y)), y], 1e-6, 1))
    return float(np.average(losses, weights=data.valid_given))
