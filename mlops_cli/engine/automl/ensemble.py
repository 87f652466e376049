"""VotingEnsemble and StackEnsemble over selected trials. Their `parameters` say all that rebuilding them takes."""

import numpy as np

from mlops_cli.engine.automl.selection import Selection
from mlops_cli.engine.automl.trials import Bench, Outcome
from mlops_cli.engine.model.ensembles import Stack, Vote, log_probabilities, softmax

VOTING, STACK = "VotingEnsemble", "StackEnsemble"
_PARTS = 5
_SHRINK = 1e-4


def voting_ensemble(selection: Selection) -> Outcome:
    answers = Vote(selection.weights).combine([o.answers for o in selection.outcomes])
    return Outcome.of_ensemble(VOTING, _parameters(selection, selection.weights), answers)


def stack_ensemble(bench: Bench, selection: Selection) -> Outcome:
    """Its answers come from stacks that were fitted to other rows."""
    members = [o.answers for o in selection.outcomes]
    parts = np.random.default_rng(bench.settings.seed).permutation(len(bench.y)) % _PARTS
    answers = np.empty_like(members[0])
    for part in range(_PARTS):
        inside, outside = parts != part, parts == part
        fitted = fit_stack([m[inside] for m in members], bench.y[inside])
        answers[outside] = fitted.combine([m[outside] for m in members])
    final = fit_stack(members, bench.y)
    parameters = _parameters(selection, final.weights) | {"intercept": final.intercept.tolist()}
    return Outcome.of_ensemble(STACK, parameters, answers)


def recipe(best: Outcome, outcomes: list[Outcome]) -> tuple[list[Outcome], Vote | Stack]:
    """The trials to fit again for `best`, and how to combine them."""
    if best.index >= 0:
        return [best], Vote([1.0])
    known = {o.trial.iteration: o for o in outcomes}
    parameters = best.trial.parameters
    members = [known[m["iteration"]] for m in parameters["members"]]
    weights = [m["weight"] for m in parameters["members"]]
    if best.trial.algorithm == STACK:
        return members, Stack(weights, np.array(parameters["intercept"]))
    return members, Vote(weights)


def _parameters(selection: Selection, weights: list[float]) -> dict[str, list]:
    pairs = zip(selection.outcomes, weights, strict=True)
    return {
        "members": [
            {"iteration": o.trial.iteration, "algorithm": o.trial.algorithm, "weight": w} for o, w in pairs
        ]
    }


def fit_stack(members: list[np.ndarray], y: np.ndarray) -> Stack:
    """Weights not below 0: least squares for a regression, least log loss for classes."""
    if members[0].shape[1] > 1:
        return _fit_logits(members, y)
    from scipy.optimize import nnls

    design = np.hstack(members)
    center, target = design.mean(axis=0), y.mean()
    weights, _ = nnls(design - center, y - target)
    return Stack(weights.tolist(), np.array([target - center @ weights]))


def _fit_logits(members: list[np.ndarray], y: np.ndarray) -> Stack:
    from scipy.optimize import minimize

    logs = np.stack([log_probabilities(m) for m in members])
    count, rows, classes = logs.shape
    one_hot = np.eye(classes)[y]
    start = np.concatenate([np.full(count, 1 / count), np.zeros(classes)])

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        p = softmax(np.tensordot(x[:count], logs, axes=1) + x[count:])
        loss = -np.log(np.maximum(p[np.arange(rows), y], 1e-12)).mean()
        gap = (p - one_hot) / rows
        slope = np.concatenate([np.tensordot(logs, gap, axes=([1, 2], [0, 1])), gap.sum(axis=0)])
        away = x - start
        return float(loss + _SHRINK * away @ away), slope + 2 * _SHRINK * away

    bounds = [(0.0, None)] * count + [(None, None)] * classes
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60})
    return Stack(found.x[:count].tolist(), found.x[count:])
