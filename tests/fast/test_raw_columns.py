"""A model as one ONNX graph from raw columns answers what the model answers."""

from typing import Any

import numpy as np
import onnx
import pytest

from mlops_cli.engine.compile.forest import NotCompilableError
from mlops_cli.engine.compile.raw_columns import whole
from mlops_cli.engine.model.ensembles import Stack, Vote
from tests.fast.models import Kind, fitted, shop

FOREST: Kind = ("RandomForest", {"n_estimators": 25, "min_samples_leaf": 2})
TREES: Kind = ("LightGBM", {"num_leaves": 7})
CROSSED: Kind = ("LightGBM", {"num_leaves": 7, "crosses": [["age", "colour"], ["size", "count"]]})
STACK = Stack([0.4, 0.7], np.array([0.1, -0.1]))


def plain(seed: int = 0) -> Any:
    """A table without dates and free text."""
    return shop(seed=seed).drop(columns=["since", "note"])


def ask(model: Any, table: Any) -> list[Any]:
    import onnxruntime

    content, inputs = whole(model)
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    given = {}
    for column, (name, kind) in inputs.items():
        values = table[column].to_numpy()
        texts = ["" if v is None or v != v else str(v) for v in values.tolist()]
        given[name] = values.astype("float32") if kind == "float" else np.array(texts, dtype=object)
    found: list[Any] = session.run(None, {name: values.reshape(-1, 1) for name, values in given.items()})
    return found


@pytest.mark.parametrize(
    ("label", "kinds", "mix"),
    [("two", [TREES], None), ("two", [TREES, FOREST], None), ("two", [TREES, FOREST], STACK),
     ("two", [CROSSED, TREES], None), ("three", [FOREST], None), ("three", [TREES, FOREST], Vote([0.2, 0.8]))],
)  # fmt: skip
def test_classes_and_their_probabilities(label: str, kinds: list[Kind], mix: Any) -> None:
    model, rows = fitted(label, kinds, mix, plain()), plain(seed=4)
    rows.loc[:5, "city"] = "nowhere"
    labels, probabilities = ask(model, rows)
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), atol=1e-6)
    assert labels.tolist() == model.predict(rows)


def test_numbers() -> None:
    model, rows = fitted("price", [TREES, FOREST], None, plain()), plain(seed=4)
    [numbers] = ask(model, rows)
    np.testing.assert_allclose(numbers.ravel(), model.predict(rows), rtol=1e-6)


def test_what_onnx_cannot_read_is_named() -> None:
    with pytest.raises(NotCompilableError, match=r"'(since|note)' is a (date|text)"):
        whole(fitted("two", [TREES]))
