"""Signing in: every way that needs no person's screen, what was tried, and what is never shown."""

import json
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest

from tests.conftest import REPOSITORY

SECRET = "AZUREML_SERVICE_PRINCIPAL_PASSWORD"
CLIENT = "AZUREML_SERVICE_PRINCIPAL_ID"
TENANT = "AZUREML_SERVICE_PRINCIPAL_TENANT_ID"
NOBODY: dict[str, str | None] = {SECRET: None, CLIENT: None, TENANT: None}
BROWSER = REPOSITORY / "tests" / "emulator" / "programs" / "browser.py"
FIELDS = {"method", "identity", "tenant_id", "expires_on", "workspace"}


class Issuer:
    """A CI system's OIDC issuer: counts what it hands out, and refuses a wrong bearer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("value")

            def do_POST(self) -> None:
                self._answer("oidcToken")

            def _answer(self, field: str) -> None:
                issuer.asked.append((self.command, self.path))
                right = self.headers["Authorization"] == "Bearer job"
                claims = {"iss": "https://token.actions.githubusercontent.com", "exp": 4102444800}
                token = jwt.encode({**claims, "jti": str(len(issuer.asked))}, "k" * 32)
                body = json.dumps({field: token} if right else {}).encode()
                self.send_response(200 if right else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_service_principal_of_the_environment_signs_in(azure, azureml_emulator):
    [status, explained] = azure.json("auth status", "auth status --explain")
    identity = azureml_emulator.emulator.identity
    assert set(status) == FIELDS
    assert set(explained) == {*FIELDS, "tried"}
    assert status["method"] == "service-principal"
    assert status["tenant_id"] == identity.tenant_id
    assert status["expires_on"].endswith("Z")
    assert status["workspace"] == {
        "name": identity.workspace_name,
        "resource_group": identity.resource_group,
        "subscription_id": identity.subscription_id,
        "access": True,
        "location": identity.location,
        "error": None,
    }
    assert [(t["method"], t["outcome"]) for t in explained["tried"]] == [
        ("token", "absent"),
        ("service-principal", "used"),
    ]


def test_a_wrong_secret_is_told_and_not_shown(azure):
    [failed] = azure.run("auth status -o json", **{SECRET: "very-secret"})
    assert failed.code == 6
    error = failed.json()["error"]
    assert error["code"] == "SignIn"
    assert "AADSTS7000215" in error["message"]
    assert "very-secret" not in failed.stdout + failed.stderr


def test_a_sign_in_service_that_fails_is_not_taken_for_a_refusal(azure, azureml_emulator):
    azureml_emulator.add_fault(action="status", match="login.microsoftonline", status=500)
    failed = azure("auth status", code=6)
    azureml_emulator.clear_faults()
    assert "does not work now: HTTP Error: 500" in failed.stderr
    assert "run the same command again" in failed.stderr


def test_an_authority_that_does_not_answer_is_told_in_short(azure, azureml_emulator):
    azureml_emulator.add_fault(action="status", match="login.microsoftonline", status=401)
    failed = azure("auth status -o json", code=6)
    azureml_emulator.clear_faults()
    assert failed.json()["error"]["message"].endswith(azureml_emulator.emulator.identity.tenant_id + ".")


def test_without_any_way_every_one_is_listed(azure, azureml_emulator):
    azureml_emulator.add_fault(action="status", match="169.254.169.254", status=400)
    failed = azure("auth status", code=6, **NOBODY)
    for method in ("token", "service-principal", "oidc", "interactive", "cli", "managed-identity"):
        assert f"{method}: " in failed.stderr
    assert "mlops auth login" in failed.stderr


def test_a_certificate_signs_in(azure, azureml_emulator):
    pem = str(azureml_emulator.emulator.instance.client_certificate)
    [status] = azure.json("auth status", **{SECRET: None, "AZURE_CLIENT_CERTIFICATE_PATH": pem})
    assert status["method"] == "service-principal"
    assert status["workspace"]["access"]


def test_a_token_of_before_signs_in_and_a_bad_one_does_not(azure):
    [token] = azure.json("auth token --resource arm")
    [status] = azure.json("auth status", AZURE_ACCESS_TOKEN=token["token"], **NOBODY)
    assert status["method"] == "token"
    apart = datetime.fromisoformat(status["expires_on"]) - datetime.fromisoformat(token["expires_on"])
    assert abs(apart.total_seconds()) <= 2
    refused = azure("auth status", code=6, AZURE_ACCESS_TOKEN="no-token", **NOBODY)
    assert "AZURE_ACCESS_TOKEN is not a token" in refused.stderr


def test_github_is_asked_anew_for_every_token(azure, issuer):
    job = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{issuer.url}/token?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job"}
    [status] = azure.json("auth status", **{SECRET: None}, **job)
    assert status["method"] == "oidc"
    assert status["workspace"]["access"]
    before = len(issuer.asked)
    azure.json("auth token --resource ml", **{SECRET: None}, **job)
    assert len(issuer.asked) == before + 2, "one assertion for Resource Manager, one for Azure ML"
    assert issuer.asked[0] == ("GET", "/token?x=1&audience=api%3A%2F%2FAzureADTokenExchange")


def test_azure_devops_gives_assertions_too(azure, issuer):
    job = {
        "SYSTEM_OIDCREQUESTURI": f"{issuer.url}/oidc",
        "SYSTEM_ACCESSTOKEN": "job",
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "abc",
    }
    [status] = azure.json("auth status", **{SECRET: None}, **job)
    assert status["method"] == "oidc"
    assert issuer.asked[0] == ("POST", "/oidc?api-version=7.1&serviceConnectionId=abc")


POD = """
import json, os, pathlib, sys
from azure.core.exceptions import ClientAuthenticationError
from mlops_cli.backends.azureml.signin import assertions
from azure import identity

file = pathlib.Path(os.environ["AZURE_FEDERATED_TOKEN_FILE"])
source = assertions.source(os.environ)
tenant, client = os.environ["AZURE_TENANT_ID"], os.environ["AZURE_CLIENT_ID"]
credential = identity.ClientAssertionCredential(tenant, client, source)
valid, outcomes = file.read_text(), []
for content, resource in ((valid, "arm"), ("not.a.token", "ml"), (valid + "\\n", "ml")):
    file.write_text(content)
    try:
        credential.get_token(f"https://{resource}.example/.default")
        outcomes.append("signed in")
    except ClientAuthenticationError:
        outcomes.append("refused")
print(json.dumps(outcomes))
"""


def pod(azure, exp: int = 4102444800) -> dict[str, str | None]:
    """The environment of a pod with workload identity, its service account's token in a file."""
    file = azure.project / "token"
    claims = {"iss": "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/", "exp": exp}
    file.write_text(jwt.encode(claims, "k" * 32))
    names = {"AZURE_TENANT_ID": azure.environ[TENANT], "AZURE_CLIENT_ID": azure.environ[CLIENT]}
    return {**NOBODY, **names, "AZURE_FEDERATED_TOKEN_FILE": str(file)}


def test_a_pod_with_workload_identity_signs_in(azure):
    [status] = azure.json("auth status --explain", **pod(azure))
    assert status["method"] == "oidc"
    assert status["workspace"]["access"]
    assert [(t["method"], t["outcome"]) for t in status["tried"]][-1] == ("oidc", "used")


def test_an_assertion_that_is_over_or_gone_is_told(azure):
    over = azure("auth status", code=6, **pod(azure, exp=1))
    assert "Client assertion is not valid" in over.stderr
    gone = pod(azure) | {"AZURE_FEDERATED_TOKEN_FILE": str(azure.project / "nothing")}
    failed = azure("auth status", code=6, **gone)
    assert "cannot read the federated token" in failed.stderr


def test_the_file_of_a_pod_is_read_anew_for_every_token(azure):
    environ = {**azure.environ, **{k: v for k, v in pod(azure).items() if v is not None}}
    done = subprocess.run(
        [azure.python, "-W", "ignore", "-c", POD], env=environ, capture_output=True, text=True, timeout=100
    )
    assert json.loads(done.stdout) == ["signed in", "refused", "signed in"], done.stderr


def test_a_job_without_the_permission_is_told_what_it_lacks(azure, issuer):
    job = {"ACTIONS_ID_TOKEN_REQUEST_URL": issuer.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong-bearer"}
    failed = azure("auth status --set auth.method=oidc", code=6, **{SECRET: None}, **job)
    assert "it answered 401" in failed.stderr
    assert "wrong-bearer" not in failed.stderr


def test_a_managed_identity_signs_in(azure):
    [status] = azure.json("auth status --set auth.method=managed-identity", **NOBODY)
    assert status["method"] == "managed-identity"
    assert status["workspace"]["access"]


def test_the_azure_cli_is_asked_for_tokens(azure, tmp_path):
    [token] = azure.json("auth token --resource arm")
    answer = {"accessToken": token["token"], "expiresOn": "2099-01-01 00:00:00.000000", "tenant": "t"}
    az = tmp_path / "bin" / "az"
    az.parent.mkdir()
    az.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    az.chmod(0o755)
    path = f"{az.parent}:{azure.environ['PATH']}"
    [status] = azure.json("auth status --set auth.method=cli", PATH=path, **NOBODY)
    assert status["method"] == "cli"
    assert status["workspace"]["access"]


def test_a_person_signs_in_once_with_a_device_code(azure):
    login, status, again, logout, after = azure.run(
        "auth login --device-code -o json",
        "auth status --explain -o json",
        "auth token --resource ml",
        "auth logout -o json",
        "auth status --set auth.method=interactive",
        CI=None,
        **NOBODY,
    )
    assert login.code == 0, login.stderr
    assert "EMULATED1" in login.stderr
    assert login.json()["identity"] == "user@emulator.localhost"
    assert status.json()["method"] == "interactive"
    assert "EMULATED1" not in status.stderr, "a person is asked once"
    assert again.stdout.count(".") == 2
    assert logout.json() == {"changed": True}
    assert after.code == 6


def test_a_person_signs_in_in_a_browser(azure):
    in_background = f"{azure.python} {BROWSER} %s &"
    screen = {"CI": None, "DISPLAY": ":0", "BROWSER": in_background, **NOBODY}
    login, status = azure.run("auth login -o json", "auth status -o json", **screen)
    assert login.code == 0, login.stderr
    assert "opens in your browser" in login.stderr
    assert login.json()["identity"] == "user@emulator.localhost"
    assert status.json()["method"] == "interactive"
    assert status.json()["workspace"]["access"]


def test_the_tokens_of_a_person_are_the_owners_alone(azure):
    azure("auth login --device-code", CI=None, **NOBODY)
    kept = azure.project / ".mlops" / "azureml" / "tokens.json"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_in_ci_nobody_is_asked(azure):
    failed = azure("auth login --device-code", code=6, **NOBODY)
    assert "CI is set" in failed.stderr
    assert "EMULATED1" not in failed.stderr


def test_a_variable_of_the_workspace_that_is_not_set_is_named(azure):
    failed = azure("data list", code=2, AZURE_RESOURCE_GROUP=None)
    assert "AZURE_RESOURCE_GROUP is not set" in failed.stderr


def test_a_config_json_names_the_workspace(azure, azureml_emulator):
    azureml_emulator.save_config(azure.project)
    (azure.project / "configs" / "azure.yaml").write_text("backend: azureml\n")
    names = {"AZURE_SUBSCRIPTION_ID": None, "AZURE_RESOURCE_GROUP": None, "AZURE_WORKSPACE_NAME": None}
    [status] = azure.json("auth status", **names)
    assert status["workspace"]["name"] == azureml_emulator.emulator.identity.workspace_name


def test_a_workspace_that_does_not_open_is_told_in_the_status(azure):
    [status] = azure.json("auth status", AZURE_WORKSPACE_NAME="elsewhere")
    assert not status["workspace"]["access"]
    assert "elsewhere" in status["workspace"]["error"]


def test_create_sp_shows_the_command_and_runs_it_where_az_is(azure, tmp_path):
    [shown] = azure.json("auth create-sp --name ci", PATH=str(tmp_path))
    assert shown["command"].startswith("az ad sp create-for-rbac --name ci --role Contributor --scopes /sub")
    assert shown["client_id"] is None
    az = tmp_path / "az"
    az.write_text('#!/bin/sh\necho \'{"appId": "app-1", "password": "pw-1", "tenant": "t-1"}\'\n')
    az.chmod(0o755)
    made = azure("auth create-sp --name ci -o json", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert made.json()["client_id"] == "app-1"
    assert "pw-1" not in made.stdout + made.stderr
    file = azure.project / ".mlops" / "azureml" / "service-principal.env"
    assert "AZURE_CLIENT_SECRET=pw-1" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
