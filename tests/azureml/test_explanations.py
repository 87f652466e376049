"""What AutoML told of a model: read from its files, shown by `models explain` and `runs show --html`."""

import json
import shutil
from pathlib import Path

import pytest

from mlops_cli.backends.azureml.diagnosis import diagnose
from mlops_cli.backends.azureml.explanations import importances
from tests.azureml.conftest import program

COLUMNS = ("age", "job", "job_grade")
PART = "explanation/{}/{}/{}.interpret.json"
TRAIN = "train --set train.max_trials=2 --set data.path=bank.csv"


class FilesOfARun:
    """A run that holds documents, by the two public methods that files are read with."""

    def __init__(self, folder: Path, documents: dict[str, object]) -> None:
        self.folder = folder
        self.documents = documents

    def get_file_names(self) -> list[str]:
        return sorted(self.documents)

    def download_file(self, name: str, output_file_path: str) -> None:
        kept = self.folder / "kept.json"
        kept.write_text(json.dumps(self.documents[name]))
        shutil.copyfile(kept, output_file_path)


def explanation(key: str, *blocks: dict[str, float]) -> dict[str, object]:
    """The files of one explanation, cut into blocks."""
    files: dict[str, object] = {f"explanation/{key}/rich_metadata.interpret.json": {}}
    for number, block in enumerate(blocks):
        files[PART.format(key, "global_names", number)] = list(block)
        files[PART.format(key, "global_values", number)] = list(block.values())
    return files


def test_the_explanation_of_the_columns_is_taken_in_shares(tmp_path):
    raw = explanation("11111111", {"job": 3.0}, {"age": 1.0})
    engineered = explanation("00000000", {"job_CharGramCountVectorizer_a": 1.0, "age_MeanImputer": 1.0})
    found = importances(FilesOfARun(tmp_path, {**engineered, **raw, "outputs/model.pkl": ""}), COLUMNS)
    assert found == {"job": 0.75, "age": 0.25}
    assert list(found) == ["job", "age"]


def test_engineered_features_count_for_their_column(tmp_path):
    values = {"job_CharGram_a": 1.0, "age_MeanImputer": -2.0, "job_grade_ModeCat": 4.0, "job_CharGram_b": 1.0}
    found = importances(FilesOfARun(tmp_path, explanation("0", values)), COLUMNS)
    assert found == {"job_grade": 0.5, "job": 0.25, "age": 0.25}


def test_a_run_without_an_explanation_has_none(tmp_path):
    assert importances(FilesOfARun(tmp_path, {"outputs/model.pkl": ""}), COLUMNS) == {}


def test_what_automl_logs_becomes_curves_and_counts(tmp_path):
    tables = [[[8, 2, 0, 0], [6, 1, 1, 2], [0, 0, 2, 8]], [[2, 8, 0, 0], [1, 2, 6, 1], [0, 0, 8, 2]]]
    logged = {
        "confusion_matrix": {"data": {"class_labels": ["no", "yes"], "matrix": [[6, 2], [1, 1]]}},
        "accuracy_table": {"data": {"class_labels": ["no", "yes"], "probability_tables": tables}},
        "outputs/featurization_summary.json": [
            {
                "RawFeatureName": "age",
                "TypeDetected": "Numeric",
                "Dropped": "No",
                "EngineeredFeatureCount": 1,
            },
            {"RawFeatureName": "id", "TypeDetected": "Hashes", "Dropped": "Yes", "EngineeredFeatureCount": 0},
        ],
    }
    found = diagnose(FilesOfARun(tmp_path, logged), "LightGBM", COLUMNS)
    assert (found.rows, found.classes, found.confusion) == (10, ["no", "yes"], [[6, 2], [1, 1]])
    assert [curve.name for curve in found.roc] == ["yes"]
    assert found.roc[0].points == [(0, 0), (0.25, 0.5), (1, 1)]
    assert found.precision_recall[0].points == [(0.5, pytest.approx(1 / 3)), (1, 0.2)]
    assert [(each["column"], each["purpose"]) for each in found.featurization] == [
        ("age", "Numeric"),
        ("id", "drop"),
    ]


def test_what_automl_logs_of_a_regression_becomes_bars_and_dots(tmp_path):
    bins = {"bin_edges": [0.0, 1.0, 3.0], "bin_counts": [4, 0], "bin_averages": [0.25, 0.0]}
    found = diagnose(
        FilesOfARun(tmp_path, {"residuals": {"data": bins}, "predicted_true": {"data": bins}}), "LightGBM", ()
    )
    assert found.residuals == [(0.0, 1.0, 4), (1.0, 3.0, 0)]
    assert found.predicted == [(0.5, 0.25)]


def test_a_model_of_automl_is_explained_as_a_whole_and_row_by_row(bank):
    [trained] = bank.json(f"{TRAIN} --new")
    (bank.project / "rows.csv").write_text(
        "\n".join((bank.project / "bank.csv").read_text().splitlines()[:3])
    )
    whole, rows = bank.json(
        "models explain bankmarketing", "models explain bankmarketing --data rows.csv", COLUMNS="80"
    )
    assert sum(whole["importances"].values()) == pytest.approx(1)
    assert list(whole["importances"].values()) == sorted(whole["importances"].values(), reverse=True)
    assert set(whole["importances"]) <= set(
        (bank.project / "bank.csv").read_text().splitlines()[0].split(",")
    )
    assert whole["rows"] == []
    for row in rows["rows"]:
        assert row["base"] + sum(row["contributions"].values()) == pytest.approx(row["value"])
    assert len(rows["rows"]) == 2
    bank(f"runs show {trained['run_id']} --html page.html")
    page = (bank.project / "page.html").read_text()
    assert "What the answers rest on" in page
    assert "Columns and what became of them" in page


def test_a_run_that_left_no_explanation_says_how_to_get_one(bank):
    bank.json(f"{TRAIN} --new --set train.model_explainability=false --set model.name=unexplained")
    refused = bank("models explain unexplained -o json", code=2).json()["error"]
    assert "trained without explanations" in refused["message"]
    assert "train.model_explainability: true" in refused["hint"]


def test_a_model_of_somebody_else_is_explained_where_its_run_tells(bank):
    for name, document in explanation("12345678", {"b": 3.0, "a": 1.0}).items():
        target = bank.project / "files" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(document))
    (bank.project / "weights.txt").write_text("1 2 3")
    code = """
run = Experiment(ws, "theirs").start_logging(snapshot_directory=None)
run.upload_file("outputs/weights.txt", "weights.txt")
run.upload_folder("explanation", "files/explanation")
run.register_model("explained-theirs", model_path="outputs/weights.txt")
run.complete()
Model.register(ws, "weights.txt", "explained-never")
"""
    program(bank, code)
    [found] = bank.json("models explain explained-theirs")
    assert found == {"importances": {"b": 0.75, "a": 0.25}, "rows": []}
    refused = bank("models explain explained-never -o json", code=2).json()["error"]
    assert "explained-never:1 cannot be explained on this machine" in refused["message"]
