"""Run history with the unmodified SDK."""


def test_tags_and_properties(program):
    found = program("history")
    assert found["tags"] == {"k": "v", "only": None}
    assert found["properties"] == {"p": "1"}
    assert "Property p" in found["changed_property"]


def test_metrics_come_back_as_they_were_logged(program):
    found = program("history")
    assert (found["acc"], found["loss"], found["list"]) == (0.9, list(range(60)), [1, 2, 3.5])
    assert found["row"] == {"x": [1, 2], "y": [2.5, 3.5]}
    assert found["table"] == {"a": [1, 2], "b": [3, 4]}
    assert (found["one"], found["none"], found["kids"]) == ({"acc": 0.9}, {}, {"acc": [0.7, 0.8]})


def test_artifacts(program):
    found = program("history")
    assert found["names"] == ["outputs/f.txt", "outputs/folder/g.txt"]
    assert "already exists" in found["taken"]
    assert (found["back"], found["all"]) == ("hello", ["f.txt", "g.txt"])
    assert found["part"] == ["g.txt"]
    assert "was not found" in found["no_file"]
    assert found["model"] is True


def test_children(program):
    found = program("history")
    assert found["children"] == ["Canceled", "Completed", "Failed", "Running"]
    assert found["completed"] == [True]
    assert found["recursive"] == 4
    assert found["error"]["code"] == "Bad"


def test_run_ends(program):
    found = program("history")
    assert found["status"] == ["Completed", "Completed", True]
    assert found["portal"].startswith("https://ml.azure.com/runs/")
    assert found["waited"] == "Completed"
    assert found["again"] == [True, True, "history"]
    assert "Run nope was not found" in found["no_run"]


def test_runs_are_filtered(program):
    found = program("history")
    assert found["runs"] == found["by_tag"] == found["has_tag"] == found["by_property"] == [True]
    assert found["other"] == found["no_tag"] == []
    assert found["with_children"] == 5


def test_experiments(program):
    found = program("history")
    assert (found["experiment_tags"], found["experiment_tags_left"]) == ({"x": "y"}, {})
    assert (found["archived"], found["listed"], found["lineage"]) == (True, True, "history")
    assert "without runs" in found["not_empty"]
    assert found["deleted"] is True


def test_runs_of_an_archived_experiment_go_to_another_of_its_name(program):
    found = program("history")
    assert found["written_anew"] == [True, None, True]
    assert (found["archived_again"], found["archived_run"]) == ([True], "Completed")
    assert "There is an active experiment named again." in found["not_reactivated"]
    assert found["reactivated"] is True


def test_snapshots_resolve_what_an_earlier_one_has_sent(program):
    found = program("history")
    assert found["snapshot"] == [True, True]
    assert found["archive"] == ["a.py", "b.py"]


def test_context_of_a_run_needs_its_token_only(program):
    assert program("history")["context"] == ["ws-history", {"inner": 1.5}, ""]
