"""What is learnt from Azure's texts: errors, logs, names of a workspace. Needs no SDK."""

from pathlib import Path

import pytest
import requests

from mlops_cli.backends.azureml import history, planning, serverlog
from mlops_cli.backends.azureml.failure import learn
from mlops_cli.backends.azureml.tags import own, with_own, without_own
from mlops_cli.backends.azureml.workspace import workspace_names
from mlops_cli.config import load_profile
from mlops_cli.domain.deployment import DeployRequest
from mlops_cli.domain.endpoints import DeploySettings, Endpoint
from mlops_cli.errors import ConfigError
from mlops_cli.status import EndpointState

BODY = (
    b'{"code":"Conflict","statusCode":409,"message":"Service it\'s exists",'
    b'"details":[{"code":"X","message":"already there"}]}'
)
PRINTED = f"""Received bad response from Model Management Service:
Response Code: 409
Headers: {{'Content-Type': 'application/json', 'x-ms-request-id': 'abc-1', 'Retry-After': '7'}}
Content: {BODY!r}"""
LOG = """starting
2026-11-20T10:33:10,500432800+00:00 - gunicorn/run
2026-11-20 10:33:11,123 | root | INFO | Starting up
2026-11-20 10:33:12,456 | root | ERROR | Exception: (request id: 0a6a2b1e-8a8e-4c3e-9f4e-0123456789ab)
Traceback (most recent call last):
  File "/var/azureml-app/score.py", line 5, in init
    load()
  File "/usr/lib/python3.8/json/__init__.py", line 1, in loads
    decode()
KeyError: 'x'
2026-11-20 10:33:13 WARNING low memory
"""


def test_an_answer_printed_into_a_text_is_read():
    found = learn(RuntimeError(PRINTED))
    assert (found.status, found.code, found.request_id, found.retry_after) == (409, "Conflict", "abc-1", 7.0)
    assert found.message == "Service it's exists already there"


def test_the_innermost_answer_counts():
    answer = requests.Response()
    answer.status_code = 404
    answer.headers["X-MS-Request-Id"] = "r-9"
    answer._content = b'{"error": {"code": "UserError", "message": "no such thing"}}'
    outer = RuntimeError("something went wrong")
    outer.__cause__ = requests.HTTPError(response=answer)
    found = learn(outer)
    assert (found.status, found.code, found.message, found.request_id) == (
        404,
        "UserError",
        "no such thing",
        "r-9",
    )


@pytest.mark.parametrize(
    ("message", "read"),
    [
        ("User program failed with ValueError: boom", "ValueError: boom"),
        ("User program failed with SystemExit: 3", "the script ended with exit code 3"),
        ("User program failed with SystemExit: gone", "gone"),
        ("The command ended with exit code -9.", "its process was ended by SIGKILL"),
        ("No space left on device", "No space left on device"),
    ],
)
def test_a_failure_reads_as_it_does_on_this_machine(message: str, read: str):
    assert history._error({"error": {"code": "UserError", "message": message}}) == read


def test_a_text_for_machines_is_cut():
    found = learn(
        RuntimeError("UserErrorException:\n\tMessage: it is wrong\n\tInnerException None\n\tErrorResponse {}")
    )
    assert found.message == "UserErrorException: Message: it is wrong"


def test_lines_of_a_service_have_time_level_and_request():
    lines = list(serverlog.lines(LOG, "2026-11-20T10:00:00.000Z"))
    assert [(line.time[11:23], line.level) for line in lines] == [
        ("10:00:00.000", "INFO"),
        ("10:33:10.500", "INFO"),
        ("10:33:11.123", "INFO"),
        ("10:33:12.456", "ERROR"),
        ("10:33:13.000", "WARNING"),
    ]
    assert lines[2].message == "Starting up"
    assert lines[3].request_id == "0a6a2b1e-8a8e-4c3e-9f4e-0123456789ab"
    assert lines[3].message.splitlines()[-1] == "KeyError: 'x'"


def test_the_users_own_frame_is_found():
    shown = serverlog.explanation(LOG, None)
    assert shown[0] == "/var/azureml-app/score.py:5 in init: load()"
    assert serverlog.explanation(LOG, Path("/home/me/score.py"))[0].startswith("/home/me/score.py:5")
    assert "json/__init__" not in shown[0] + shown[1]


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        ([], ["a"], ["a"]),
        (["a", "b"], ["a", "b", "c"], ["c"]),
        (["a", "b", "c"], ["b", "c", "d"], ["d"]),
        (["a", "b"], ["a", "b"], []),
        (["a"], ["x", "y"], ["x", "y"]),
    ],
)
def test_only_new_lines_are_followed(before, now, new):
    assert serverlog.new_lines(before, now) == new


def test_own_tags_stay_apart():
    tags = with_own({"team": "a"}, content="123")
    assert own(tags) == {"content": "123"}
    assert without_own(tags) == {"team": "a"}


def endpoint(request: DeployRequest, **changes) -> Endpoint:
    fields = {
        "name": "bank", "state": EndpointState.HEALTHY, "scoring_uri": "", "swagger_uri": "", "auth": "key",
        "app_insights": False, "target": "aci", "workers": 1, "content_hash": planning.content_hash(request),
        "created_at": "", "updated_at": "", "model_name": "bank", "model_version": 1,
    }  # fmt: skip
    return Endpoint(**fields | changes)


@pytest.mark.parametrize(
    ("changes", "action", "told"),
    [
        ({}, "unchanged", []),
        ({"app_insights": True}, "configure", ["app_insights on -> off"]),
        ({"collect_data": True}, "configure", ["collect_data on -> off"]),
        ({"auth": "none", "tags": {"a": "b"}}, "configure", ["auth none -> key", "tags a=b -> none"]),
        ({"model_version": 2, "content_hash": "other"}, "update", ["model bank:2 -> bank:1"]),
        ({"content_hash": "other"}, "update", ["entry script or settings"]),
        ({"state": EndpointState.FAILED}, "create", ["bank:1, auth key"]),
    ],
)
def test_a_plan_says_what_would_change(changes, action, told):
    request = DeployRequest("bank", DeploySettings(), model="bank:1")
    plan = planning.plan(endpoint(request, **changes), request)
    assert (plan.action, plan.changes) == (action, told)


def names(folder: Path, profile: str):
    (folder / "azure.yaml").write_text(profile)
    return workspace_names(load_profile("azure", cwd=folder, environ={}))


def test_a_workspace_is_found_as_the_sdk_finds_it(tmp_path):
    assert names(tmp_path, "backend: azureml") is None
    (tmp_path / ".azureml").mkdir()
    (tmp_path / ".azureml" / "config.json").write_text(
        '{"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}'
    )
    assert names(tmp_path, "backend: azureml") == ("s", "g", "w")
    given = "workspace: {subscription_id: a, resource_group: b, name: c}"
    assert names(tmp_path, f"backend: azureml\n{given}") == ("a", "b", "c")


def test_half_a_workspace_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"workspace\.subscription_id"):
        names(tmp_path, "backend: azureml\nworkspace: {resource_group: b, name: c}")


def test_a_workspace_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"subscription_id": "s"}')
    with pytest.raises(ConfigError, match="resource_group"):
        names(tmp_path, "backend: azureml")
