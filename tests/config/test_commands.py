"""`mlops config …` as it is typed."""

import pytest
import yaml

from mlops_cli.domain.endpoints import check_name
from tests.conftest import Mlops

PROFILE = "data: {name: bank, label: y}\nworkspace: {name: '${WS}'}\ntrain: {timeout_minutes: 2}\n"


def test_show(mlops: Mlops) -> None:
    mlops.profile(PROFILE)
    result = mlops("config", "show")
    assert result.stdout.startswith("backend: local\nworkspace:\n  name: ${WS}\nauth:\n  method: auto\n")
    assert mlops("config", "show", "-o", "json").json()["data"] == {"name": "bank", "label": "y"}
    assert mlops("config", "show", "-o", "yaml").stdout == result.stdout


def test_validate(mlops: Mlops) -> None:
    path = mlops.profile(PROFILE)
    assert mlops("config", "validate").stdout == (
        "valid: local.yaml (backend local)\nnote: configs/local.yaml:2:19: workspace.name: WS is not set\n"
    )
    assert mlops("config", "validate", "-o", "json").json() == {
        "valid": True,
        "profile": str(path),
        "backend": "local",
        "unset": [{"variable": "WS", "key": "workspace.name", "where": "configs/local.yaml:2:19"}],
        "warnings": [],
    }


def test_validate_without_a_profile(mlops: Mlops) -> None:
    assert mlops("config", "validate").stdout == "valid: no profile, defaults only (backend local)\n"


def test_validate_tells_all_problems(mlops: Mlops) -> None:
    mlops.profile("data: {nam: bank}\ntrain: {seed: x}\n")
    result = mlops("config", "validate", code=2)
    assert (result.stdout, result.stderr) == (
        "",
        "Error: configs/local.yaml:1:8: data.nam: unknown key, did you mean 'name'?\n"
        "  configs/local.yaml:2:15: train.seed: expects a whole number, got 'x'\n"
        "Next: correct it, then: mlops config validate\n",
    )


def test_explain(mlops: Mlops) -> None:
    mlops.profile(PROFILE)
    assert mlops("config", "explain", "train.timeout_minutes", "--set", "train.timeout_minutes=5").stdout == (
        "train.experiment_timeout_minutes = 5\n"
        "  Minutes for the whole search; 15 at least on Azure.\n"
        "  from        --set train.timeout_minutes\n"
        "  instead of  2 (configs/local.yaml:3:26)\n"
        "  expects     a number above 0\n"
        "  default     1\n"
        "  variable    MLOPS_TRAIN_EXPERIMENT_TIMEOUT_MINUTES\n"
    )
    assert mlops("config", "explain", "model").stdout == (
        "model\n  How the best model is registered.\n  keys        name, tags\n"
    )
    assert mlops("config", "explain", "deploy.auth", "-o", "json").json() == {
        "key": "deploy.auth",
        "value": "key",
        "source": "default",
        "description": "What a caller needs: a key, a token that expires, or nothing.",
        "expects": "one of key, none, token",
        "default": "key",
        "overrides": [],
        "variable": "MLOPS_DEPLOY_AUTH",
    }


def test_schema(mlops: Mlops) -> None:
    assert mlops("config", "schema").json() == mlops("config", "schema", "-o", "json").json()
    assert mlops("config", "schema", "-o", "yaml").stdout.startswith("$schema: https://json-schema.org/")


@pytest.mark.parametrize(
    ("file", "name"),
    [("Sales_Q1 (2024).csv", "sales-q1-2024"), ("2024.csv", "data-2024"), ("null.csv", "null"), ("ts.csv", "ts-data"),
     ("Zürich.csv", "zurich"), ("色.csv", "data"), ("a" * 40 + ".csv", "a" * 32)],
)  # fmt: skip
def test_a_profile_for_a_file_of_any_name_fits_data_models_and_endpoints(
    file: str, name: str, mlops: Mlops
) -> None:
    data = mlops.project / file
    data.write_text("a,y\n1,x\n2,z\n")
    mlops("init", data, "--label", "y")
    shown = yaml.safe_load(mlops("config", "show").stdout)
    assert (shown["data"]["name"], shown["deploy"]["name"]) == (name, name)
    check_name(name)
    assert mlops("data", "register", "-o", "json").json()["name"] == name


def test_a_profile_may_be_given_a_name(mlops: Mlops) -> None:
    data = mlops.project / "sales.csv"
    data.write_text("a,y\n1,x\n")
    made = mlops("--profile", "blue", "init", data, "--label", "y")
    assert (made.stdout, made.stderr) == ("wrote configs/blue.yaml\n", "Next: mlops --profile blue train\n")
    assert mlops("--profile", "blue", "config", "show", "-o", "json").json()["data"]["name"] == "sales"
    refused = mlops("--profile", "a/b", "init", data, "--label", "y", code=2)
    assert "init writes a profile in configs/" in refused.stderr
