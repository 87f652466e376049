"""Published pipelines, their endpoints, and what starts them: REST and schedules."""

import re


def test_published_pipeline_is_listed_and_submitted(program):
    found = program("pipelines")
    assert found["published"] == ["people-report", "1.0", "Active", True]
    assert found["listed"] is True
    assert found["from_run"] == "Active"
    assert found["submitted"] == "Finished"
    assert found["wrong"].startswith("ErrorResponseException")


def test_rest_trigger_runs_with_parameters_and_data_paths(program):
    found = program("pipelines")
    assert (found["rest_status"], found["rest"]) == (200, "Finished")
    assert (found["rest_by"], found["rest_of"]) == (["Unavailable", "HTTP"], [True, True, True])
    assert "nobody" not in found["rest_parameters"]
    assert found["rest_log"] == ["rows 8 parameter 8 own mine", "raw ['a.csv', 'b.csv'] where ['c.csv']"]
    assert found["runs"] == 2


def test_rest_trigger_refuses_with_a_reason(program):
    no_token, unknown, wrong, missing, spaced = program("pipelines")["refusals"]
    assert (no_token, missing) == (401, 404)
    assert unknown["error"]["message"].startswith("Unknown parameter 'x'")
    assert wrong["error"]["message"] == "Parameter 'rows' must be of type int, not 'many'."
    assert spaced["error"]["message"].startswith("'by rest' cannot be the name of an experiment")


def test_data_factory_triggers_in_its_own_names_and_below_a_run(program):
    found = program("pipeline_triggers")
    assert found["log"] == ["saw ['tuesday.csv'] ['tuesday.csv']"]
    assert (found["above"], found["told"]["day"]) == (True, "workspaceblobstore/tuesday")
    assert found["properties"]["azureml.continue_on_step_failure"] == "True"
    assert found["properties"]["factory"] == "nightly"


def test_trigger_refuses_values_of_another_form_and_names_that_no_experiment_has(program):
    whole, one, name, names, values = program("pipeline_triggers")["refused"]
    assert names == "ExperimentName must be a single value, not ['a', 'b']."
    assert values == "Parameter 'seconds' must be a single value, not [0, 1]."
    assert program("pipeline_triggers")["unread"] == ["UserError", "UserError"]
    assert name.startswith("'look at days' cannot be the name of an experiment")
    assert whole == "DataPathAssignments must be an object."
    assert one == "day in DataPathAssignments must be an object."


def test_client_of_rest_alone_finds_cancels_and_follows_a_run(program):
    found = program("pipeline_triggers")
    assert (found["active"], found["canceled"], found["details"]) == (True, 200, "Canceled")


def test_endpoint_has_versions_and_a_default(program):
    found = program("pipeline_endpoints")
    assert found["front"] == ["1", ["0", "1"]]
    assert (found["pipelines"], found["default"], found["chosen"]) == (True, "1", True)
    assert (found["by_endpoint"], found["endpoint_rest"]) == ("Finished", 200)
    assert found["rolled_back"] == "0"
    assert found["taken"].startswith("ValueError")


def test_endpoint_describes_how_runs_are_started_through_it(program):
    found = program("pipeline_endpoints")
    described = found["swagger"]
    assert (described["info"]["title"], described["info"]["version"]) == ("people-front", "1")
    ((path, operations),) = described["paths"].items()
    assert f"https://{described['host']}{path}" == found["address"]
    chosen = operations["post"]["parameters"][0]["schema"]["properties"]
    assert chosen["ParameterAssignments"]["properties"] == {
        "who": {"type": "string", "default": "you"},
        "times": {"type": "integer", "default": 1},
        "loud": {"type": "boolean", "default": True},
    }
    assert chosen["DataPathAssignments"]["properties"] == {}


def test_endpoints_are_listed_newest_first_and_disabled_ones_only_when_asked_for(program):
    found = program("pipeline_endpoints")
    assert found["listed"] == ["people-front"]
    assert (found["with_disabled"], found["newest"]) == (["side", "people-front"], ["side"])


def test_disabled_pipeline_refuses_until_it_is_enabled(program):
    found = program("pipeline_endpoints")
    assert (found["disabled"], found["on_disabled"], found["enabled"]) == ("Disabled", 409, "Active")


def test_schedule_fires_at_its_times_with_its_parameters(program):
    found = program("pipeline_schedules")
    assert found["weekly"] == ["Active", "Week", [9], ["Monday"]]
    assert found["not_yet"] is None
    assert (found["weekly_run"], found["by"], found["experiment"]) == ("Finished", "Schedule", "weekly")
    assert found["weekly_log"].startswith("looked at monday")


def test_schedule_without_a_start_fires_at_once_and_a_disabled_one_never(program):
    found = program("pipeline_schedules")
    assert (found["at_once"], found["hourly"]) == ("Finished", 2)
    assert (found["disabled"], found["weekly_stayed"]) == ("Disabled", 0)
    assert found["updated"] == ["two-hourly", 2]


def test_schedule_works_out_the_expressions_of_its_parameters(program):
    found = program("pipeline_schedules")
    assert re.fullmatch(r"20\d{6}", found["worked_out"])
    assert found["wrong"].startswith("ErrorResponseException")


def test_schedule_fires_when_a_blob_is_added_and_hands_its_path_on(program):
    found = program("pipeline_schedules")
    assert found["unchanged"] == 0
    assert found["on_data"] == "looked at nobody second.csv"


def test_schedules_are_listed_by_pipeline_and_endpoint(program):
    found = program("pipeline_schedules")
    assert found["listed"] == ["daily", "on-data", "two-hourly", "weekly"]
    assert (found["active"], found["of_pipeline"], found["of_endpoint"]) == ([], 3, [True])
    assert found["missing"].startswith("ErrorResponseException")


def test_rest_names_the_version_of_an_endpoint_in_path_query_header_or_body(program):
    assert program("pipeline_choices")["versions"] == [True] * 5
    assert program("pipeline_choices")["no_version"] == 404
    assert program("pipeline_choices")["no_name"] == 404
