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
    assert found["image"] is False
