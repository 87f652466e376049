"""AutoML runs that really train, with the unmodified SDK (one program, four runs side by side)."""


def test_run_has_children_with_metrics(program):
    found = program("automl")
    assert found["ids"] == [True] * 4
    assert (found["status"], found["tags"], found["type"]) == ("Completed", "red", "automl")
    assert sorted(child[:3] for child in found["children"]) == [
        ["0", "Completed", "0"],
        ["1", "Completed", "1"],
    ]
    assert max(found["scores"]) == found["parent_metric"] > 0.8
    assert found["experiment_status"][:3] == ["DatasetEvaluation", "FeaturesGeneration", "ModelSelection"]
    assert sum(row[1] for row in found["summary"]) == 2


def test_best_child_has_the_files_that_scripts_read(program):
    found = program("automl")
    names = ("model.pkl", "scoring_file_v_1_0_0.py", "conda_env_v_1_0_0.yml", "env_dependencies.json")
    assert {f"outputs/{name}" for name in names} <= set(found["files"])
    assert (found["best_tag"], found["by_metric"], found["script"], found["packages"]) == (True,) * 4
    assert found["environment"] == "AzureML-AutoML"


def test_get_output_gives_a_model_that_predicts(program):
    found = program("automl")
    assert found["output"] == [True, "FittedPipeline", "datatransformer"]
    assert (found["kind"], found["probabilities"], found["other"]) == ("ndarray", [20, 2], "FittedPipeline")
    assert found["right"] >= 0.8
    assert found["out_of_range"] != "nothing"


def test_best_child_is_explained_in_raw_columns_and_in_features(program):
    found = program("automl")
    assert [kind for kind, _, _ in found["explained"]] == ["False", "True"]
    for _, importances, classes in found["explained"]:
        assert classes == 2
        assert set(importances) == {"age", "job"}
        assert importances["age"] > 10 * importances["job"] >= 0
        assert list(importances) == ["age", "job"]
    assert found["explained_tag"] == "True"
    _, forecast, _ = found["forecast_explained"][0]
    assert sorted(forecast) == ["date", "past values of sold"]
    assert sum(forecast.values()) > 0


def test_registered_model_knows_its_run(program):
    assert program("automl")["registered"] == ["automl-best", 1, True, "automl-best"]


def test_guardrails_logs_and_rehydration(program):
    found = program("automl")
    assert found["guardrails"] == ["faults", "schema_version"]
    assert (found["again"], found["log"], found["dependencies"]) == (True, True, True)


def test_wrong_label_fails_in_setup(program):
    status, message, errors = program("automl")["wrong"]
    assert status == "Failed"
    assert message == "the training data has no column 'nope'; it has age, job, y"
    assert errors == f"Setup iteration failed: {message}"


def test_what_cannot_be_trained_is_refused_before_there_is_a_run(program):
    assert "trains none of SVM" in program("automl")["refused"]


def test_cancel(program):
    assert program("automl")["stopped"] == "Canceled"


def test_forecast(program):
    assert program("automl")["forecast_columns"] == [["past values of sold", "date"], ["date"]]
    count, low, high, columns = program("automl")["forecast"]
    assert (count, columns) == (7, ["date", "_automl_dummy_grain_col", "origin", "_automl_target_col"])
    assert 40 < low < high < 95


def test_best_model_is_tested_on_the_rows_that_were_held_back(program):
    found = program("automl_tests")
    assert found["children"] == 1
    assert found["columns"] == ["price_orig", "price_predicted", "km_orig", "fuel_orig"]
    assert found["rows"][0] == found["rows"][1]
    assert 25 < found["rows"][0] < 75
    assert found["r2"] > 0.8


def test_models_are_tested_and_asked_in_the_cloud(program):
    found = program("automl_tests")
    assert found["alone"] == ["price_predicted"]
    assert found["metrics"]["r2_score"] > 0.8
    assert found["answers"] == 7


def test_a_search_that_has_ended_is_taken_up(program):
    assert program("automl_tests")["taken_up"] == [1, ["Completed", "Completed"], "Completed"]


def test_validation_data_judges_and_is_not_trained_on(program):
    found = program("automl_validation")
    auc, accuracy = found["apart"]
    assert auc < 0.1
    on_training, on_validation = found["model"]
    assert on_training > 0.9
    assert on_validation == accuracy < 0.1
    assert found["step"] == ["Finished", auc]


def test_rows_count_as_their_weights_say(program):
    assert program("automl_validation")["weighed"] > 0.9


def test_columns_mark_the_folds_and_are_no_features(program):
    found = program("automl_validation")
    assert found["marked"] == ["Completed", [3, 2]]
    assert not {"cv1", "cv2"} & set(found["columns"])


def test_validation_data_that_cannot_judge_is_told(program):
    found = program("automl_validation")
    assert found["nameless"] == ["Failed", "the validation data has no column 'y'"]
    assert found["line"] == "Completed"
