"""Azure's failures, injected by the emulator, as people and scripts see them."""

import pytest

from tests.azureml.conftest import Commands

MODELS = "GET https://[^/]*api.azureml.ms/modelmanagement/.*/models"


def fails(azure: Commands, emulator: object, line: str = "models list", **fault: object) -> dict:
    """The error document of `line` while the fault holds."""
    emulator.add_fault(**{"action": "status", "match": MODELS, "message": "so says Azure", **fault})
    [result] = azure.run(f"{line} -o json")
    emulator.clear_faults()
    return result.json()["error"] | {"exit": result.code}


@pytest.mark.parametrize(
    ("status", "exit_code", "code", "words"),
    [
        (400, 2, "UsageError", "Azure refused"),
        (401, 6, "SignIn", "does not accept the sign-in"),
        (403, 6, "SignIn", "not allowed"),
        (404, 4, "NotFound", "so says Azure"),
        (412, 2, "UsageError", "Azure refused"),
        (409, 2, "UsageError", "conflict"),
    ],
)
def test_a_refusal_becomes_an_error_of_ours(azure, azureml_emulator, status, exit_code, code, words):
    error = fails(azure, azureml_emulator, status=status)
    assert (error["exit"], error["code"]) == (exit_code, code)
    assert words in error["message"]
    assert error["details"][0].startswith(f"Azure: HTTP {status}, code InjectedFault, request ")
    assert error["hint"]


def test_a_failure_of_azure_names_itself_and_the_request(azure, azureml_emulator):
    error = fails(azure, azureml_emulator, status=501)
    assert (error["exit"], error["code"]) == (1, "Azure")
    assert "Azure failed with 501: so says Azure" in error["message"]
    assert "request id" in error["hint"]


def test_a_failure_that_passes_is_tried_again(azure, azureml_emulator):
    azureml_emulator.add_fault(action="status", match=MODELS, status=503, retry_after=0, times=2)
    assert azure.json("models list") is not None


def test_a_throttled_call_waits_as_long_as_azure_asks(azure, azureml_emulator):
    azureml_emulator.add_fault(action="status", match=MODELS, status=429, retry_after=1, times=1)
    azure.json("models list")


def test_throttling_without_end_ends(azure, azureml_emulator):
    error = fails(azure, azureml_emulator, status=429, retry_after=0)
    assert (error["exit"], error["code"]) == (1, "Throttled")
    assert "wait" in error["hint"]


@pytest.mark.parametrize(("status", "code"), [(429, "Throttled"), (503, "Azure")])
def test_who_would_have_to_wait_for_minutes_is_told_instead(azure, azureml_emulator, status, code):
    error = fails(azure, azureml_emulator, status=status, retry_after=300)
    assert (error["exit"], error["code"]) == (1, code)
    assert "wait 300 seconds" in error["hint"]
    assert error["details"][0].startswith(f"Azure: HTTP {status}, request ")


def test_who_fails_each_time_is_told_with_the_status(azure, azureml_emulator):
    error = fails(azure, azureml_emulator, "data list", match="/dataset/v1.0/", status=500)
    assert (error["exit"], error["code"]) == (1, "Azure")
    assert error["message"] == "Azure failed with 500: it failed each time it was asked"


def test_a_connection_that_breaks_is_told(azure, azureml_emulator):
    error = fails(azure, azureml_emulator, "data list", action="cut", match="/dataset/v1.0/.*/datasets")
    assert (error["exit"], error["code"]) == (1, "Azure")
    assert "cannot be reached" in error["message"]


def test_without_a_way_to_azure_it_is_told_at_once(azure):
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9")
    [result] = azure.run("models list -o json", **nowhere)
    assert result.code in (1, 6)
    assert result.json()["error"]["message"]


def test_a_workspace_that_is_not_there_is_not_found(azure):
    failed = azure("models list -o json", code=4, AZURE_WORKSPACE_NAME="elsewhere")
    assert "elsewhere" in failed.json()["error"]["message"]


def test_a_compute_that_cannot_be_made_tells_why(azure, azureml_emulator):
    azureml_emulator.add_fault(
        action="operation", match="compute", message="QuotaExceeded: 0 of 24 cores left"
    )
    (azure.project / "data.csv").write_text("x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(60)))
    azure("data register data.csv --name small --label y")
    words = "--set compute.name=never --set train.max_trials=1"
    failed = azure(f"train --data small --set data.label=y {words} -o json", code=5)
    error = failed.json()["error"]
    assert "never" in error["message"] or "quota" in error["message"].lower()
    assert "quota" in error["hint"]


def test_too_short_an_experiment_is_refused_before_anything_is_made(azure):
    (azure.project / "data.csv").write_text("x,y\n" + "".join(f"{i},{i % 2}\n" for i in range(60)))
    azure("data register data.csv --name short --label y")
    failed = azure("train --data short --set data.label=y --set train.timeout_minutes=5 -o json", code=2)
    assert "at least 15 minutes" in failed.json()["error"]["message"]
    assert "train.max_trials" in failed.json()["error"]["hint"]
