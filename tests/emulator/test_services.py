"""Deployments that really serve, with the unmodified SDK (one program, five services)."""

from collections import Counter


def test_aci_service_runs_the_users_script(program):
    found = program("services")
    assert (found["state"], found["tags"], found["models"]) == ("Healthy", {"a": "b"}, ["times:1"])
    assert found["run"] == found["answer"] == {"who": "first", "result": [3, 6]}
    assert found["address"] == "eastus2.azurecontainer.io/score"


def test_keys(program):
    found = program("services")
    assert found["keys"] == ["firstfirst", "secondsecond"]
    assert found["statuses"] == [401, 200, 500]
    assert found["regenerated"] == [True, "chosenchosen", [3, 6]]


def test_swagger_health_and_preflight(program):
    found = program("services")
    assert (found["swagger"], found["health"], found["preflight"]) == ("times-aci", 200, 200)


def test_log_holds_what_the_script_said(program):
    found = program("services")
    assert " | user | INFO | factor 3" in found["log"]
    assert "scoring 2 values" in found["log"]
    assert "json.decoder.JSONDecodeError" in found["log"]
    assert found["one_line"] == 1


def test_application_insights(program):
    found = program("services")
    counts = Counter({code: total for code, total, _ in found["insights"]})
    assert set(counts) == {"200", "401", "500"}
    assert [row[2] for row in found["insights"] if row[0] == "200"] == [0]
    assert [row[1] == row[2] for row in found["insights"] if row[0] != "200"] == [True, True]
    assert (found["durations"], found["no_token"]) == (True, 401)
    assert found["by_get"] == found["count"]["requests/count"]["sum"] >= sum(counts.values())
    assert found["traces"] == [["scoring 2 values"]]
    assert "'pageViews' is the name of no table" in found["no_table"]


def test_update_replaces_script_and_settings(program):
    assert program("services")["updated"] == [False, {"c": "d"}, "second"]


def test_failed_update_leaves_what_served(program):
    found = program("services")
    assert "NameError: name 'missing' is not defined" in found["bad_update"]
    assert found["survived"] == "second"


def test_failing_init_fails_the_deployment_with_the_users_traceback(program):
    found = program("services")
    assert "non-successful terminal state, current service state: Failed" in found["bad"]
    assert "AciDeploymentFailed" in found["bad"]
    assert "bad.py, line 9: factor = missing(" in found["bad"]
    assert found["bad_state"] == ["Failed", None, "AciDeploymentFailed"]
    assert 'bad.py", line 9, in init' in found["bad_log"]


def test_name_that_is_taken(program):
    assert "already exists" in program("services")["taken"]


def test_aks_service_with_tokens_then_keys(program):
    found = program("services")
    assert found["aks"] == ["Healthy", "/v1/service/times-aks/score", "aks", 200]
    assert (found["no_access"], found["aks_swagger"], found["aks_options"], found["replicas"]) == (
        401,
        200,
        200,
        2,
    )
    assert found["key_auth"][:2] == [True, "aks"]
    assert found["key_auth"][2] != "nothing"
    assert found["collected"] == [True, False]
    assert found["no_cluster"] != "nothing"


def test_endpoint_shares_traffic_among_versions(program):
    found = program("services")
    assert found["versions"] == {"blue": [100, True, "Healthy"], "green": [50, False, "Healthy"]}
    assert found["both"] == ["blue", "green"]
    assert (found["green"], found["left"], found["endpoint_log"]) == (True, ["green"], True)


def test_services_are_listed_and_deleted(program):
    found = program("services")
    assert found["all"] == ["bad-aci", "times-ab", "times-aci", "times-aks"]
    assert (found["on_aks"], found["tagged"], found["of_model"]) == (["times-aks"], ["times-aci"], 4)
    assert found["after"] == []
    assert "WebserviceNotFound" in found["gone"]


def test_a_service_is_made_of_an_image(program):
    found = program("services")
    assert found["image"] == ["times-image:1", 1, ["times-image:1"], {"c": "d", "e": "f"}]
    assert found["of_image"] == [[3, 6], ["of-image"]]
    assert found["by_image"] == [["of-image"], []]
    assert found["image_in_use"]
    assert found["images"] == ["times-image:2", ["times-image"]]
