"""Any table trains or says why not; what is predicted depends on a row's values alone."""

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.model.folder import load
from mlops_cli.errors import DataError
from tests.automl.tables import people
from tests.automl.tables import settings as quick

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

ODD_TEXT = st.sampled_from(
    ["", " ", "nan", "None", "1,234", "0x1", "é", "yes", "2024-01-31", "a b c d e", "1e400"]
)
CELLS = {
    "whole": st.integers(-(2**40), 2**40),
    "number": st.floats(width=32),
    "huge": st.floats(),
    "flag": st.booleans(),
    "letter": st.sampled_from("abc"),
    "text": st.text(max_size=12),
    "odd": ODD_TEXT,
    "date": st.datetimes().map(lambda moment: moment.isoformat()),
    "mixed": st.one_of(st.none(), st.integers(0, 3), st.floats(), ODD_TEXT),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[pd.DataFrame, TrainSettings]:
    """8 to 60 rows, 1 to 4 columns of any kind with gaps, a label of any kind, either task."""
    rows = draw(st.integers(8, 60))
    kinds = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=4))
    label = draw(st.sampled_from(["flag", "letter", "letter", "whole", "number", "mixed"]))
    columns: dict[str, list[Any]] = {}
    for number, kind in enumerate([*kinds, label]):
        cell = (
            st.one_of(CELLS[kind], CELLS[kind], CELLS[kind], st.none())
            if draw(st.booleans())
            else CELLS[kind]
        )
        name = "y" if number == len(kinds) else f"{draw(st.sampled_from(['a', 'b c', '{', 'é']))}{number}"
        columns[name] = draw(st.lists(cell, min_size=rows, max_size=rows))
    task = draw(st.sampled_from(["classification", "classification", "regression"]))
    chosen = quick(
        "y", 1, task=task, n_cross_validations=2, featurization=draw(st.sampled_from(["auto", "off"]))
    )
    return pd.DataFrame(columns), chosen


@FEW
@given(tables())
def test_any_table_trains_or_says_why_not(asked: tuple[pd.DataFrame, TrainSettings]) -> None:
    frame, chosen = asked
    # DataError is for what cannot be trained on; any other error fails the test
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(DataError):
        run_automl(frame, chosen, Path(folder))
        _check(load(Path(folder) / "model"), frame, chosen.task)
        event("trained")


def _check(model: Any, frame: pd.DataFrame, task: str) -> None:
    predicted = model.predict(frame.drop(columns="y"))
    assert len(predicted) == len(frame)
    if task == "regression":
        assert np.isfinite(predicted).all()
    else:
        np.testing.assert_allclose(model.predict_proba(frame).sum(axis=1), 1, atol=1e-6)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workdir = tmp_path_factory.mktemp("search")
    allowed = ["LightGBM", "XGBoostClassifier", "LogisticRegression", "RandomForest", "MLP"]
    run_automl(people(), quick("bought", 8, allowed_models=allowed), workdir)
    return workdir / "model"


VALUES = {
    "age": st.one_of(st.none(), st.integers(-5, 200), st.floats(), st.just("40")),
    "city": st.one_of(
        st.none(), st.sampled_from(["Bern", "Oslo", "Rome", "Atlantis", ""]), st.text(max_size=5)
    ),
    "income": st.one_of(st.none(), st.floats(), st.sampled_from(["50.1", "1,000", "n/a"])),
    "joined": st.one_of(st.none(), st.sampled_from(["2024-05-01", "01/05/2024", "soon"])),
    "customer": st.text(max_size=4),
}
ROWS = st.lists(st.fixed_dictionaries({}, optional=VALUES), min_size=1, max_size=12)


@FEW
@given(rows=ROWS, seed=st.integers(0, 99))
def test_a_prediction_depends_on_the_values_of_its_row_alone(
    trained: Path, rows: list[dict], seed: int
) -> None:
    model = load(trained)
    alone = np.vstack([model.predict_proba([row]) for row in rows])
    together = model.predict_proba(rows)
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)
    random = np.random.default_rng(seed)
    order = random.permutation(len(rows))
    turned = [dict(sorted(rows[i].items(), reverse=True)) | {"more": seed, "": None} for i in order]
    np.testing.assert_allclose(model.predict_proba(turned), alone[order], rtol=0, atol=1e-12)


PREDICT = """
import json, sys
from mlops_cli.engine.model.folder import load
print(json.dumps(load(sys.argv[1]).predict_proba(json.load(sys.stdin)).tolist()))
"""


@settings(FEW, max_examples=3)
@given(rows=ROWS)
def test_a_new_process_predicts_the_same_to_the_bit(trained: Path, rows: list[dict]) -> None:
    command = [sys.executable, "-c", PREDICT, str(trained)]
    done = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == load(trained).predict_proba(rows).tolist()


@pytest.mark.parametrize("rows", [50, 240])
def test_a_frame_and_its_records_are_answered_alike(trained: Path, rows: int) -> None:
    model, frame = load(trained), people(rows, seed=4)
    records = json.loads(frame.to_json(orient="records"))
    np.testing.assert_allclose(model.predict_proba(frame), model.predict_proba(records), rtol=0, atol=1e-12)
