"""What must hold between keys of a profile. A rule is left out while one of its keys is wrong or not set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from mlops_cli.config.model import Profile
from mlops_cli.config.problems import Problem
from mlops_cli.config.tree import Node, covers, find
from mlops_cli.domain.endpoints import check_name
from mlops_cli.domain.gates import parse
from mlops_cli.domain.pipeline_graph import find_problems
from mlops_cli.domain.training import TrainSettings, conflict, missing_time, overlap, unfit_metric
from mlops_cli.errors import UsageError

Found = Iterator[tuple[str, str]]


class Rule(NamedTuple):
    """`find` yields the key and the text of every problem; it reads no other keys than `keys`."""

    keys: tuple[str, ...]
    find: Callable[[Profile], Found]


def check_rules(profile: Profile, tree: Node, uncertain: Iterable[str]) -> list[Problem]:
    """The problems between keys. `uncertain` are keys whose value is wrong or not known yet."""
    doubts = list(uncertain)
    return [
        Problem(_where(tree, key), key, text)
        for rule in RULES
        if not any(covers(key, doubt) or covers(doubt, key) for key in rule.keys for doubt in doubts)
        for key, text in rule.find(profile)
    ]


def _where(tree: Node, key: str) -> str:
    node = find(tree, key)
    return node.where if node else "default"


def _train(check: Callable[[TrainSettings], tuple[str, str] | None]) -> Callable[[Profile], Found]:
    def find(profile: Profile) -> Found:
        if wrong := check(profile.train):
            key, text = wrong
            yield f"train.{key}", text

    return find


def _needed_columns_stay(profile: Profile) -> Found:
    train = profile.train
    needed = {profile.label(): "the label"}
    if train.task == "forecasting" and train.forecasting:
        needed[train.forecasting.time_column_name] = "the time column"
    for column in train.drop_columns:
        if column in needed:
            yield "train.drop_columns", f"'{column}' is {needed[column]} and cannot be dropped"


def _nodes_in_order(profile: Profile) -> Found:
    low, high = profile.compute.min_nodes, profile.compute.max_nodes
    if low > high:
        yield "compute.min_nodes", f"{low} is more than compute.max_nodes, {high}"


def _aci_has_no_tokens(profile: Profile) -> Found:
    deploy = profile.deploy
    if profile.backend == "azureml" and deploy.target == "aci" and deploy.auth == "token":
        yield "deploy.auth", "Azure has no token auth on aci; use key, or deploy.target aks"


def _endpoint_has_a_name(profile: Profile) -> Found:
    if name := profile.deploy.name:
        yield from _refused("deploy.name", check_name, name)


def _gates_can_be_read(profile: Profile) -> Found:
    for number, gate in enumerate(profile.bench.gates):
        yield from _refused(f"bench.gates[{number}]", parse, gate)


def _refused(key: str, read: Callable[[str], object], text: str) -> Found:
    try:
        read(text)
    except UsageError as error:
        yield key, f"{error.message}; {error.hint}"


def _pipeline_is_a_graph(profile: Profile) -> Found:
    for key, text in find_problems(profile.pipeline):
        yield f"pipeline.{key}", text


RULES = (
    Rule(("train.task", "train.primary_metric"), _train(unfit_metric)),
    Rule(("train.task", "train.forecasting"), _train(missing_time)),
    Rule(("train",), _train(conflict)),
    Rule(("train.allowed_models", "train.blocked_models"), _train(overlap)),
    Rule(("train", "data.label"), _needed_columns_stay),
    Rule(("compute.min_nodes", "compute.max_nodes"), _nodes_in_order),
    Rule(("backend", "deploy.target", "deploy.auth"), _aci_has_no_tokens),
    Rule(("deploy.name",), _endpoint_has_a_name),
    Rule(("bench.gates",), _gates_can_be_read),
    Rule(("pipeline",), _pipeline_is_a_graph),
)
