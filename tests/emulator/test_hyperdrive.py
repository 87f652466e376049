"""HyperDrive with the unmodified SDK; samples and early termination by themselves."""

import statistics

import pytest

pytest.importorskip("trustme", reason='pip install "mlops-cli[emulator]"')
from mlops_cli.emulator.azure.hyperdrive.policy import hopeless
from mlops_cli.emulator.azure.hyperdrive.sampling import check, next_point, values
from mlops_cli.emulator.errors import ApiError


def test_hopeless_trials_are_canceled_and_the_search_with_them(program):
    found = program("hyperdrive")
    assert found["early"] == ["Canceled", "Running"]
    assert found["canceled"] == ["Canceled", True]


def test_search_with_an_id_of_its_own_and_one_below_another_run(program):
    found = program("hyperdrive")
    assert found["named"] == ["my-search", "Completed", 1]
    assert found["below"] == [True, ["--loss", "1.0"]]
    assert found["properties"] is True
    assert "Experiment created" in found["log"]
    assert found["by"] == "Emulated service principal"


def test_search_whose_first_trials_fail_ends(program):
    found = program("hyperdrive")
    assert found["failed"][0] == "Failed"
    assert 3 <= found["tried"] < 8
    assert "first trials have failed" in found["failed"][1]


@pytest.mark.parametrize(
    ("distribution", "low", "high"),
    [
        (["uniform", [2.0, 4.0]], 2.5, 3.5),
        (["quniform", [0.0, 100.0, 20]], 20.0, 80.0),
        (["loguniform", [0.0, 2.0]], 1.64, 4.5),
        (["normal", [10.0, 1.0]], 9.3, 10.7),
        (["randint", [8]], 2, 6),
        (["choice", [[1, 2, 3, 4]]], 2, 4),
    ],
)
def test_distributions_are_read_at_their_quartiles(distribution, low, high):
    read = [values({"x": distribution}, [u])["x"] for u in (0.25, 0.75)]
    assert read == [pytest.approx(low, abs=0.05), pytest.approx(high, abs=0.05)]


def test_grid_ends_and_random_does_not_repeat():
    space = {"a": ["choice", [[1, 2]]], "b": ["choice", [["x", "y", "z"]]]}
    points, tried = [], []
    while point := next_point("GRID", space, "run", tried):
        points.append(tuple(values(space, point).values()))
        tried.append((point, None))
    assert points == [(a, b) for a in (1, 2) for b in "xyz"]
    uniform = {"a": ["uniform", [0.0, 1.0]]}
    drawn = [next_point("RANDOM", uniform, "run", [([0.0], None)] * n)[0] for n in range(20)]
    assert len(set(drawn)) == 20


def test_bayesian_sampling_comes_nearer_than_chance():
    space = {"x": ["uniform", [0.0, 1.0]], "kind": ["choice", [["good", "bad"]]]}

    def score(point):
        return -abs(point[0] - 0.3) - (values(space, point)["kind"] == "bad")

    tried = []
    for _ in range(40):
        point = next_point("BayesianOptimization", space, "seed", tried)
        tried.append((point, score(point)))
    first, last = (statistics.fmean(s for _, s in part) for part in (tried[:10], tried[-10:]))
    assert last > first + 0.2


def test_unknown_distribution_is_refused():
    with pytest.raises(ApiError, match="distribution 'beta' of x"):
        check("random", {"x": ["beta", [1, 2]]})


@pytest.mark.parametrize(
    ("name", "properties", "doomed"),
    [
        ("Default", {}, set()),
        ("Bandit", {"slack_amount": 0.3}, {"c"}),
        ("Bandit", {"slack_factor": 0.05}, {"b", "c"}),
        ("Bandit", {"slack_factor": 0.05, "delay_evaluation": 5}, set()),
        ("MedianStopping", {}, {"c"}),
        ("TruncationSelection", {"truncation_percentage": 34}, {"c"}),
        ("TruncationSelection", {"truncation_percentage": 34, "evaluation_interval": 4}, set()),
    ],
)
def test_early_termination(name, properties, doomed):
    histories = {"a": [0.8, 0.9], "b": [0.7, 0.8], "c": [0.3, 0.2], "d": []}
    assert hopeless({"name": name, "properties": properties}, histories) == doomed
