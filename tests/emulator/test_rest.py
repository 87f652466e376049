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
