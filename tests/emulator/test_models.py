"""The model registry and environments with the unmodified SDK."""


def test_models_are_registered_and_found(program):
    found = program("models")
    assert found["versions"] == [1, 2, 2, 1]
    assert found["fields"] == [{"a": "1"}, {"p": "q"}, "first", "ScikitLearn", 1.0]
    assert (found["created_by"], found["url"]) == (True, True)


def test_missing_models(program):
    found = program("models")
    assert all("ModelNotFound" in found[key] for key in ("missing", "no_version", "no_id"))


def test_models_are_listed_by_what_they_are(program):
    found = program("models")
    assert found["listed"] == ["bank:2", "bank:1"]
    assert found["latest"] == ["bank:2"]
    assert found["by_tag"] == found["by_key"] == found["by_property"] == ["bank:1"]
    assert found["other"] == []
    assert found["paged"] == 21


def test_models_are_downloaded(program):
    found = program("models")
    assert (found["one"], found["two"]) == ("model", ["a.txt", "b.txt"])


def test_models_are_changed_and_deleted(program):
    found = program("models")
    assert found["changed"] == [{"x": "y"}, {"p": "q", "z": "1"}, "changed"]
    assert found["after_delete"] == 3


def test_environments(program):
    found = program("models")
    assert found["environment_versions"] == ["1", "1", "2", "release"]
    assert (found["environment_old"], found["environment_new"]) == (None, "B")
    assert (found["packages"], found["environments"]) == (True, True)
    assert found["curated"] == "AzureML-sklearn-1.0"
    assert "404" in found["no_environment"]
    assert found["image"] == [False, False]


def test_environments_are_built_at_once_and_have_labels(program):
    found = program("models")
    assert found["labelled"] == ["1", "release"]
    assert "has the label none" in found["no_label"]
    assert found["build"][0] == found["on_compute"] == "Succeeded"
    assert "nothing was built" in found["build"][1]
    assert found["images"] == {}


def test_package_is_a_build_context(program):
    found = program("models")
    assert found["package"] == [
        "context/Dockerfile",
        "context/azureml-app/azureml-models/bank/1/model.pkl",
        "context/azureml-app/score.py",
        "context/environment.yml",
    ]
    assert found["packaged"].endswith(".azurecr.io/mine:v1")


def test_profile_is_measured(program):
    profile = program("models")["profile"]
    assert (profile["state"], profile["totalQueries"], profile["successQueries"]) == ("Succeeded", 3, 3)
    assert 0 < profile["latencyPercentile50InMs"] <= profile["latencyPercentile999InMs"]
    assert profile["maxUtilizedMemoryInGB"] > 0.01
    assert program("models")["again"] == "Succeeded"
