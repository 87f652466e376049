"""The service by REST alone, as its public how-to has it."""


def test_resources_are_listed_made_and_deleted(program):
    found = program("rest")
    assert (found["group"], found["workspace"]) == (True, True)
    assert (found["computes"], found["compute"]) == (["by-rest", "cpu"], "AmlCompute")
    assert (found["models"], found["models_left"]) == (["script"], [])


def test_pipeline_is_run_and_followed(program):
    found = program("rest")
    assert found["experiments"] == ["by-rest"]
    assert found["runs"] == [[True, "Completed", {"from": "curl"}]]


def test_zip_of_scripts_is_run_as_its_definition_says_and_canceled(program):
    found = program("rest")
    assert found["zipped"] == ["hello by hand ['234']", "Canceled"]
    assert found["no_zip"] == "The project is no zip archive."
