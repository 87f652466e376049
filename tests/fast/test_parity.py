"""A compiled model answers what the model itself answers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_cli.domain.schema import check_rows
from mlops_cli.engine.compile import parity
from mlops_cli.engine.compile.forest import NotCompilableError
from mlops_cli.engine.compile.model import compile_model
from mlops_cli.engine.model.ensembles import Stack, Vote
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.model.forecast import ForecastModel
from mlops_cli.engine.model.members import Bag
from mlops_cli.engine.serving.fast.answer import Asked, Writer
from mlops_cli.engine.serving.fast.scorer import FastModel
from mlops_cli.engine.serving.messages import Refusal
from mlops_cli.engine.serving.payload import parse_json
from mlops_cli.engine.serving.payload import rows_of as payload_of
from tests.fast.models import CATEGORIES, Kind, compiled, fitted, rows_of, shop

FOREST = {"n_estimators": 25, "min_samples_leaf": 2}
BOTH: list[Kind] = [
    ("LightGBM", {"num_leaves": 7}),
    ("LightGBM", {"num_leaves": 7, "target_means": False}),
    CATEGORIES,
    ("RandomForest", FOREST),
    ("ExtremeRandomTrees", FOREST),
    ("DecisionTree", {"min_samples_leaf": 5}),
    ("GradientBoosting", {"max_iter": 20}),
    ("MLP", {"hidden_layer_sizes": [8, 4]}),
]
PAIRS = {"crosses": [["age", "count"], ["colour", "size"]]}
CROSSED: list[Kind] = [
    ("LightGBM", {"num_leaves": 7, **PAIRS}),
    ("LightGBM", {"num_leaves": 7, "target_means": False, **PAIRS}),
]
CLASSIFIERS: list[Kind] = [
    *BOTH,
    ("XGBoostClassifier", {"max_depth": 4}),
    ("LogisticRegression", {"C": 0.3}),
    ("LogisticRegression", {"C": 0.3, "bent": True}),
]
REGRESSORS: list[Kind] = [
    *BOTH,
    ("XGBoostRegressor", {"max_depth": 4}),
    ("ElasticNet", {"alpha": 0.01}),
    ("ElasticNet", {"alpha": 0.01, "bent": True}),
    ("ElasticNet", {"alpha": 0.01, "bent": True, "log": True}),
    ("LightGBM", {"num_leaves": 7, "target_means": False, "log": True}),
]
CASES = [(label, kind) for label in ("two", "three") for kind in CLASSIFIERS]
CASES += [("price", kind) for kind in REGRESSORS]
CASES += [(label, kind) for label in ("two", "price") for kind in CROSSED]
CASES += [
    ("two", ("XGBoostClassifier", {"max_depth": 3, **PAIRS})),
    ("price", ("LightGBM", {"log": True, **PAIRS})),
]


def name_of(value: Any) -> str:
    return value if isinstance(value, str) else value[0] + "".join(f"-{k}" for k in value[1])[:40]


@pytest.mark.parametrize(("label", "kind"), CASES, ids=name_of)
def test_every_kind_of_model_answers_the_same_compiled(label: str, kind: Kind, tmp_path: Path) -> None:
    model = fitted(label, [kind])
    rows = rows_of(shop(400, seed=1), model)
    report = parity.check(model, compiled(model, tmp_path), rows)
    assert report.rows > 600
    assert report.difference < 1e-6


@pytest.mark.parametrize(("label", "leaves"), [("two", True), ("three", False), ("price", False)])
def test_a_lone_booster_of_two_classes_leaves_its_sigmoid_to_the_answer(label: str, leaves: bool) -> None:
    model = fitted(label, [("LightGBM", {"num_leaves": 7})])
    for whole in (False, True):
        graph, table = compile_model(model, whole=whole)
        last = onnx.load_from_string(graph).graph.node[-1].op_type
        assert table.logits == (leaves and not whole)
        assert (last == "Sigmoid") == (leaves and whole)


def test_logits_are_answered_as_probabilities_and_as_labels() -> None:
    schema = fitted("two", [("LightGBM", {"num_leaves": 7})]).schema
    assert schema.classes
    first, second = schema.classes
    writer = Writer(schema, logits=True)
    logits = [[-800.0], [0.0], [0.5], [800.0]]
    for answers in (logits, np.array(logits)):
        likely = 1 / (1 + np.exp(-0.5))
        np.testing.assert_allclose(writer.numbers(answers)[:, 1], [0, 0.5, likely, 1], rtol=1e-12)
        one, two = writer.write(answers, [Asked(b"", 3, "predict", False), Asked(b"", 1, "predict", True)])
        assert json.loads(json.loads(one)) == {"result": [first, first, second]}
        assert json.loads(two) == {"Results": [second]}


@pytest.mark.parametrize("label", ["two", "three", "price"])
@pytest.mark.parametrize("stacked", [False, True])
def test_votes_and_stacks_answer_the_same_compiled(label: str, stacked: bool, tmp_path: Path) -> None:
    linear = "ElasticNet" if label == "price" else "LogisticRegression"
    boosted = "XGBoostRegressor" if label == "price" else "XGBoostClassifier"
    kinds: list[Kind] = [CATEGORIES, (boosted, {"max_depth": 3}), (linear, {}), ("RandomForest", FOREST)]
    weights = [0.5, 0.2, 0.2, 0.1]
    intercept = np.array({"two": [0.1, -0.1], "three": [0.1, 0.2, -0.3], "price": [3.0]}[label])
    model = fitted(label, kinds, Stack(weights, intercept) if stacked else Vote(weights))
    report = parity.check(model, compiled(model, tmp_path), rows_of(shop(300, seed=2), model))
    assert report.difference < 1e-6


BAGS = [(label, name, {}) for label in ("two", "three", "price") for name in ("LightGBM", "XGBoost", "MLP")]
BAGS += [(label, "LightGBM", {"target_means": False}) for label in ("two", "three", "price")]
BAGS += [("price", "XGBoost", {"log": True}), ("price", "LightGBM", {"log": True, "target_means": False})]


@pytest.mark.parametrize(("label", "name", "more"), BAGS, ids=str)
def test_bags_answer_the_same_compiled(label: str, name: str, more: dict[str, bool], tmp_path: Path) -> None:
    full = {"XGBoost": "XGBoostRegressor" if label == "price" else "XGBoostClassifier"}.get(name, name)
    sizes = [{"hidden_layer_sizes": [n]} if name == "MLP" else {"max_depth": n} for n in (3, 4, 6)]
    model = fitted(label, [(full, p | more) for p in sizes])
    parts, model.members, model.mix = model.members, [Bag(model.members)], Vote([1.0])
    rows = rows_of(shop(), model)
    np.testing.assert_allclose(
        model.members[0].predict(extended(model, rows)),
        np.mean([part.predict(extended(model, rows)) for part in parts], axis=0),
    )
    fast = compiled(model, tmp_path)
    assert parity.check(model, fast, rows[:300]).difference < 1e-6
    assert len(fast_operators(tmp_path)) == (1 if name != "MLP" else 0)


@pytest.mark.parametrize("more", [{}, {"target_means": False}, {"log": True}])
def test_a_bag_whose_members_have_learnt_from_pairs_is_one_forest_behind_another(
    more: dict[str, bool], tmp_path: Path
) -> None:
    label = "price" if "log" in more else "two"
    model = fitted(label, [("LightGBM", {"num_leaves": n, **PAIRS, **more}) for n in (3, 5)])
    model.members, model.mix = [Bag(model.members)], Vote([1.0])
    fast = compiled(model, tmp_path)
    assert parity.check(model, fast, rows_of(shop(), model)).difference < 1e-6
    assert len(fast_operators(tmp_path)) == 2


def test_members_that_have_learnt_from_the_same_pairs_share_their_means(tmp_path: Path) -> None:
    model = fitted("two", [("LightGBM", {"num_leaves": n, **PAIRS}) for n in (3, 5)])
    fast = compiled(model, tmp_path)
    assert parity.check(model, fast, rows_of(shop(), model)).difference < 1e-6
    assert len(fast_operators(tmp_path)) == 3


def extended(model: FittedModel, rows: list[dict[str, Any]]) -> np.ndarray:
    return model.means.extend(model.encoder.matrix(rows))


def fast_operators(folder: Path) -> list[str]:
    """The forests of the graph."""
    files = [onnx.load(file) for file in folder.glob("*.onnx")]
    return [node.op_type for file in files for node in file.graph.node if node.op_type == "TreeEnsemble"]


def test_boosted_trees_are_the_same_to_the_last_bit(tmp_path: Path) -> None:
    model = fitted("price", [("LightGBM", {"num_leaves": 15}), CATEGORIES], Vote([1.0, 1.0]))
    fast = compiled(model, tmp_path)
    rows = rows_of(shop(500, seed=3), model)
    answers = fast.answers(fast.read(json.dumps({"data": rows}).encode()))
    assert answers[:, 0].tolist() == model.predict(rows)


def test_a_value_on_a_threshold_goes_the_same_way(tmp_path: Path) -> None:
    """Thresholds have more digits than the floats that are compared with them."""
    model = fitted("two", [("LightGBM", {"num_leaves": 31})])
    text = model.members[0].text  # type: ignore[attr-defined]
    lines = [line for line in text.splitlines() if line.startswith("threshold=")]
    thresholds = np.array([float(t) for line in lines for t in line.split("=")[1].split()], dtype=np.float32)
    near = [f(thresholds, np.float32(side)) for side in (-np.inf, np.inf) for f in (np.nextafter,)]
    values = np.concatenate([thresholds, *near]).astype(float).tolist()
    base = rows_of(shop(1), model)[0]
    rows = [{**base, name: value} for value in values for name in ("size", "age", "code")]
    fast = compiled(model, tmp_path)
    got = fast.answers(fast.read(json.dumps({"data": rows}).encode()))
    assert np.abs(got - model.predict_proba(rows)).max() < 1e-12


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-100, 100).map(str),
    st.sampled_from(
        ["red", "green", " blue ", "city 3", "2024-01-31", "12/31/2024", "yes", "true", "", "NaN"]
    ),
    st.text(max_size=8),
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[FittedModel, FastModel]:
    model = fitted("two", [CATEGORIES, ("LogisticRegression", {})], Vote([0.6, 0.4]))
    return model, compiled(model, tmp_path_factory.mktemp("fast"))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_row_is_answered_or_refused_as_the_model_itself_would(
    pair: tuple[FittedModel, FastModel], data: st.DataObject
) -> None:
    model, fast = pair
    true_row = rows_of(shop(1), model)[0]
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(true_row)), SCALARS, max_size=10))
    left_out = data.draw(st.sets(st.sampled_from([*sorted(true_row), "none"]), max_size=1))
    row = {name: value for name, value in {**true_row, **changes}.items() if name not in left_out}
    body = json.dumps({"data": [row, true_row]}).encode()
    problems = check_rows(model.schema, parse_json(body)["data"])
    if problems:
        with pytest.raises(Refusal) as caught:
            fast.read(body)
        assert caught.value.problems == problems
        return
    wanted = model.predict_proba(payload_of(parse_json(body), model.schema).rows)
    got = fast.answers(fast.read(body))
    assert np.abs(got - wanted).max() < 1e-9
    assert got.argmax(axis=1).tolist() == wanted.argmax(axis=1).tolist()


def test_a_model_of_another_kind_is_not_compiled() -> None:
    neighbours = fitted("two", [("KNN", {"n_neighbors": 3})])
    with pytest.raises(NotCompilableError, match="KNeighborsClassifier"):
        compile_model(neighbours)
    with pytest.raises(NotCompilableError, match="str"):
        compile_model("no model")


def test_a_forecast_is_told_apart() -> None:
    with pytest.raises(NotCompilableError, match="forecasts look back on their own series"):
        compile_model(ForecastModel.__new__(ForecastModel))


def test_a_compiled_model_that_answers_otherwise_is_found_out(tmp_path: Path) -> None:
    model = fitted("two", [("LightGBM", {"num_leaves": 7})])
    other = fitted("two", [("LightGBM", {"num_leaves": 7, "learning_rate": 0.3})])
    with pytest.raises(parity.DifferentError, match="of 61 rows are answered otherwise") as caught:
        parity.check(model, compiled(other, tmp_path), rows_of(shop(59), model))
    assert "in place of" in caught.value.details[1]


def matrix(asked: Asked) -> np.ndarray:
    return np.frombuffer(asked.cells).reshape(asked.rows, -1)


@pytest.mark.parametrize("label", ["two", "three", "price"])
def test_a_large_batch_is_answered_as_its_rows_are_one_by_one(label: str, tmp_path: Path) -> None:
    model = fitted(label, [CATEGORIES, ("MLP", {"hidden_layer_sizes": [4]})])
    fast = compiled(model, tmp_path)
    rows = [{**row, "city": f"city {i % 40}"} for i, row in enumerate(rows_of(shop(700, seed=8), model))]
    assert all(None in [row[name] for row in rows] for name in ("age", "colour"))
    asked = fast.read(json.dumps({"data": rows}).encode())
    alone = [fast.read(json.dumps({"data": [row]}).encode()) for row in rows]
    assert np.array_equal(matrix(asked), np.concatenate([matrix(a) for a in alone]), equal_nan=True)
    singly = np.concatenate([fast.answers(a) for a in alone])
    np.testing.assert_allclose(fast.answers(asked), singly, rtol=1e-12)


def test_a_large_batch_with_a_value_written_as_text_is_answered_too(tmp_path: Path) -> None:
    model = fitted("two", [CATEGORIES])
    fast = compiled(model, tmp_path)
    rows = rows_of(shop(300, seed=9), model)
    written = [{**row, "size": str(row["size"])} for row in rows]
    plain, text = (fast.read(json.dumps({"data": found}).encode()) for found in (rows, written))
    assert np.array_equal(matrix(plain), matrix(text), equal_nan=True)
    wrong = [*rows[:-1], {**rows[-1], "since": "yesterday"}]
    with pytest.raises(Refusal):
        fast.read(json.dumps({"data": wrong}).encode())
