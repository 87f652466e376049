"""The model folder: loads anywhere, scores as Azure's entry script does, needs none of our package."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.schema import check_rows
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.model.folder import load, load_schema
from mlops_cli.errors import DataError, NotFoundError
from tests.automl.tables import people, settings

FILES = {
    "model.pkl", "schema.json", "manifest.json", "requirements.txt", "input_example.json", "score.py", "MLmodel",
    "python_env.yaml", "conda.yaml", "code", "featurization.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chosen = settings("bought", 3, allowed_models=["LightGBM", "XGBoostClassifier", "LogisticRegression"])
    result = run_automl(people(), chosen, tmp_path_factory.mktemp("search"))
    assert result.model_folder is not None
    return result.model_folder


def in_a_new_process(script: str, *args: str | Path, **environ: str) -> str:
    command = [sys.executable, "-I", "-c", script, *map(str, args)]
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True, cwd="/").stdout


def test_the_folder_holds_what_it_promises(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    schema = load_schema(folder)
    assert schema.classes == ["no", "yes"]
    assert [f.name for f in schema.inputs] == [c for c in people().columns if c != "bought"]
    assert check_rows(schema, json.loads((folder / "input_example.json").read_text())["data"]) == []


SCORE_ALONE = """
import sys
sys.modules["mlops_cli"] = None  # as where our package is not installed
folder = sys.argv[1]
source = open(folder + "/score.py").read()
namespace = {"__file__": folder + "/score.py", "__name__": "score"}
del sys.modules["mlops_cli"]
sys.path.insert(0, folder + "/code")
exec(source, namespace)
namespace["init"]()
import mlops_cli
assert mlops_cli.__file__.startswith(folder), mlops_cli.__file__
import json
print(namespace["run"](json.load(open(folder + "/input_example.json"))["data"]))
"""


def test_the_entry_script_answers_as_azures(folder: Path) -> None:
    answer = in_a_new_process(SCORE_ALONE, folder).strip()
    rows = json.loads((folder / "input_example.json").read_text())["data"]
    assert answer == json.dumps({"result": load(folder).predict(rows)})


@pytest.mark.parametrize(
    "wrap", [lambda r: r, lambda r: {"data": r}, json.dumps, lambda r: json.dumps({"data": r})]
)
def test_the_entry_script_takes_every_form_of_rows(
    folder: Path, wrap: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_cli.engine.model import score

    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder.parent))
    score.init()
    rows = load_schema(folder).example
    assert json.loads(score.run(wrap(rows))) == {"result": load(folder).predict(rows)}


PREDICT = """
import sys, json
from mlops_cli.engine.model.folder import load
model = load(sys.argv[1])
rows = json.load(open(sys.argv[2]))
print(json.dumps(model.predict_proba(rows).tolist()))
print(json.dumps([name for name in ("pandas", "click", "mlops_cli.engine.automl") if name in sys.modules]))
"""


def test_a_new_process_predicts_the_same(folder: Path, tmp_path: Path) -> None:
    frame = people(seed=9).drop(columns="bought")
    (tmp_path / "rows.json").write_text(frame.to_json(orient="records"))
    proba, loaded = in_a_new_process(PREDICT, folder, tmp_path / "rows.json").splitlines()
    np.testing.assert_array_equal(json.loads(proba), load(folder).predict_proba(frame))
    assert "mlops_cli.engine.automl" not in json.loads(loaded)


def test_order_of_rows_and_columns_and_further_columns_do_not_matter(folder: Path) -> None:
    model, frame = load(folder), people(seed=9).drop(columns="bought")
    shuffled = frame.sample(frac=1, random_state=3)[frame.columns[::-1]].assign(more=1)
    expected = pd.Series(model.predict(frame), index=frame.index)
    assert model.predict(shuffled) == expected[shuffled.index].tolist()


def test_no_rows_give_no_answers(folder: Path) -> None:
    assert load(folder).predict([]) == []


def test_a_mlflow_loader_predicts_the_same(folder: Path) -> None:
    from mlops_cli.engine.model.mlflow_files import _load_pyfunc

    frame = people(seed=9).drop(columns="bought")
    assert _load_pyfunc(str(folder)).predict(frame) == load(folder).predict(frame)


def test_a_missing_or_damaged_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no model\.pkl"):
        load(tmp_path)
    (tmp_path / "model.pkl").write_bytes(b"\x80\x05broken")
    with pytest.raises(DataError, match="cannot load"):
        load(tmp_path)
