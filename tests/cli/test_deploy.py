"""`mlops deploy` and `mlops endpoints` at the command line."""

import os
import re
import subprocess
import sys

import pytest

from mlops_cli.engine.endpoints import layout
from tests.cli.toy import model_folder, register
from tests.conftest import Mlops
from tests.endpoints.world import cut_power, post

FIELDS = {
    "name",
    "state",
    "scoring_uri",
    "swagger_uri",
    "auth",
    "app_insights",
    "collect_data",
    "model",
    "changed",
}


def test_deploying_tells_each_phase_and_shows_the_endpoint(mlops: Mlops) -> None:
    register(mlops)
    done = mlops("deploy")
    phases = re.findall(r"^  (\S+) +\d+\.\d\d s  (.*)$", done.stderr, re.MULTILINE)
    assert [name for name, _ in phases] == ["package", "compile", "pre-flight", "start", "health", "smoke"]
    assert dict(phases)["package"] == "toy:1"
    assert dict(phases)["compile"].startswith("not compiled: ")
    assert done.stdout.splitlines()[:4] == ["deployed", "toy", "  state     Healthy", "  model     toy:1"]
    assert all(len(line) <= 80 for line in (done.stdout + done.stderr).splitlines())


def test_the_json_document_and_the_exit_code_of_a_change(mlops: Mlops) -> None:
    register(mlops)
    first = mlops("deploy", "-o", "json", "--exit-code", code=3).json()
    assert first.keys() >= FIELDS
    assert (first["model"], first["changed"], first["auth"]) == ({"name": "toy", "version": 1}, True, "key")
    again = mlops("deploy", "-o", "json", "--exit-code").json()
    assert again == first | {"changed": False}
    assert mlops("endpoints", "show", "toy", "-o", "json").json() == again
    assert mlops("endpoints", "list", "-o", "json").json() == [again]


def test_a_dry_run_says_what_would_change_and_changes_nothing(mlops: Mlops) -> None:
    register(mlops)
    assert mlops("deploy", "--dry-run").stdout == "toy: create\n  toy:1, auth key\n"
    assert mlops("endpoints", "list").stdout == "nothing is deployed yet: mlops deploy\n"
    mlops("deploy")
    register(mlops, limit=60)
    plan = mlops("deploy", "--dry-run", "--app-insights", "--exit-code", code=3)
    assert plan.stdout == "toy: update\n  model toy:1 -> toy:2\n  app_insights off -> on\n"
    assert mlops("endpoints", "show", "toy", "-o", "json").json()["model"]["version"] == 1


def test_a_new_version_takes_over_and_an_old_one_can_be_named(mlops: Mlops) -> None:
    register(mlops)
    mlops("deploy")
    register(mlops, limit=60)
    (mlops.project / "rows.json").write_text('{"data": [{"age": 50, "job": "admin.", "rate": 1}]}')
    assert mlops("score", "--data", "rows.json").stdout == '{"result": ["yes"]}\n'
    assert mlops("deploy", "-o", "json").json()["model"]["version"] == 2
    assert mlops("score", "--data", "rows.json").stdout == '{"result": ["no"]}\n'
    assert mlops("deploy", "--model", "toy:1", "-o", "json").json()["revision"] == 3
    assert mlops("score", "--data", "rows.json").stdout == '{"result": ["yes"]}\n'


def test_other_package_versions_are_refused_unless_accepted(mlops: Mlops) -> None:
    register(mlops, packages={"numpy": "1.26.4", "msgspec": "0.1"})
    refused = mlops("deploy", code=2)
    assert re.search(r"numpy: trained with 1\.26\.4, here is \d", refused.stderr)
    assert "msgspec" not in refused.stderr
    assert "--allow-skew" in refused.stderr
    assert mlops("deploy", "--allow-skew", "-o", "json").json()["state"] == "Healthy"


def test_a_script_of_ones_own_fails_with_its_own_line(mlops: Mlops) -> None:
    script = mlops.project / "score.py"
    script.write_text("def init():\n    print('hi')\n    1 / 0\n\ndef run(data):\n    return data\n")
    failed = mlops("deploy", "mine", "--entry-script", "score.py", code=5)
    assert "ZeroDivisionError" in failed.stderr
    assert f"  {script}:3 in init: 1 / 0\n" in failed.stderr
    assert "  INFO    user: hi\n" in failed.stderr
    assert "Next: " in failed.stderr
    error = mlops("deploy", "mine", "--entry-script", "score.py", "-o", "json", code=5).json()["error"]
    assert (error["code"], error["exit_code"]) == ("WorkFailed", 5)
    script.write_text("def init():\n    pass\n\ndef run(data):\n    return data\n")
    deployed = mlops("deploy", "mine", "--entry-script", "score.py", "-o", "json").json()
    assert (deployed["state"], deployed["model"]) == ("Healthy", None)
    assert "own script" in mlops("endpoints", "list").stdout


def test_a_script_may_use_a_model(mlops: Mlops) -> None:
    register(mlops)
    listing = "sorted(os.listdir(os.environ['AZUREML_MODEL_DIR']))"
    text = f"import os\n\ndef init():\n    pass\n\ndef run(data):\n    return {listing}\n"
    (mlops.project / "mine.py").write_text(text)
    mlops("deploy", "--entry-script", "mine.py", "--model", "toy")
    (mlops.project / "any.json").write_text('{"data": []}')
    answer = mlops("score", "--data", "any.json", "-o", "json").json()
    assert answer == ["manifest.json", "schema.json", "score.py"]


def test_a_script_gives_way_to_the_profiles_model_only_when_told(mlops: Mlops) -> None:
    register(mlops)
    (mlops.project / "score.py").write_text("def init(): pass\ndef run(data): return data\n")
    mlops("deploy", "mine", "--entry-script", "score.py")
    refused = mlops("deploy", "mine", "--workers", "2", code=2)
    assert "endpoint mine serves a script" in refused.stderr
    assert "--entry-script FILE" in refused.stderr
    assert mlops("deploy", "mine", "--model", "toy", "--dry-run").stdout.startswith("mine: update\n")


PICTURE = """
from azureml.contrib.services.aml_response import AMLResponse
def init(): pass
def run(data): return AMLResponse(b"PNG\\xff", 200, {"Content-Type": "image/png"})
"""


def test_an_answer_that_is_no_json_is_kept_as_it_is(mlops: Mlops) -> None:
    (mlops.project / "picture.py").write_text(PICTURE)
    (mlops.project / "rows.json").write_text("{}")
    mlops("deploy", "pic", "--entry-script", "picture.py")
    refused = mlops("score", "pic", "--data", "rows.json", code=5)
    assert "not JSON: 4 bytes, image/png\nNext: to keep it as it is: --out FILE" in refused.stderr
    mlops("score", "pic", "--data", "rows.json", "--out", "a.png")
    assert (mlops.project / "a.png").read_bytes() == b"PNG\xff"
    assert "does not say what it takes" in mlops("score", "pic", "--example", code=4).stderr


DECORATED = """
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema
def init(): pass
@input_schema("data", StandardPythonParameterType([1.5]))
def run(data): return data
"""


def test_a_decorated_script_has_an_example_of_its_own(mlops: Mlops) -> None:
    pytest.importorskip("inference_schema")
    (mlops.project / "decorated.py").write_text(DECORATED)
    mlops("deploy", "own", "--entry-script", "decorated.py")
    (mlops.project / "rows.json").write_text(mlops("score", "own", "--example").stdout)
    assert mlops("score", "own", "--data", "rows.json").stdout == "[1.5]\n"


def test_what_is_not_known_is_a_usage_error(mlops: Mlops) -> None:
    assert "nothing says which endpoint" in mlops("deploy", code=2).stderr
    assert "nothing says what to deploy" in mlops("deploy", "toy", code=2).stderr
    assert "no model 'nothing'" in mlops("deploy", "toy", "--model", "nothing", code=4).stderr
    assert "no endpoint 'toy'" in mlops("endpoints", "show", "toy", code=4).stderr


def test_no_auth_is_warned_about(mlops: Mlops) -> None:
    register(mlops)
    done = mlops("deploy", "--auth", "none")
    assert "warning: --auth none" in done.stderr
    shown = mlops("endpoints", "show", "toy", "-o", "json").json()
    assert post(int(shown["scoring_uri"].split(":")[2].split("/")[0]), None, {"data": []})[0] == 400


def test_keys_are_shown_there_and_nowhere_else(mlops: Mlops) -> None:
    register(mlops)
    deployed = mlops("deploy", "-o", "json")
    keys = mlops("endpoints", "keys", "toy", "-o", "json").json()
    assert keys.keys() == {"primary", "secondary"}
    renewed = mlops("endpoints", "keys", "toy", "--regenerate", "secondary", "-o", "json").json()
    assert renewed["primary"] == keys["primary"]
    assert renewed["secondary"] != keys["secondary"]
    everything = deployed.stdout + deployed.stderr + mlops("logs", "-n", "0").stdout
    assert not any(key in everything for key in keys.values())


def test_tokens(mlops: Mlops) -> None:
    register(mlops)
    mlops("deploy", "--auth", "token", "--target", "aks")
    assert "toy has auth token: these keys open it once" in mlops("endpoints", "keys", "toy").stderr
    token = mlops("endpoints", "token", "toy", "-o", "json").json()
    assert token["token"].count(".") == 2
    assert token["expires_on"] > "2020"
    (mlops.project / "rows.json").write_text(mlops("score", "--example").stdout)
    assert mlops("score", "--data", "rows.json").stdout == '{"result": ["yes", "no"]}\n'


def test_update_changes_what_it_is_told(mlops: Mlops) -> None:
    register(mlops)
    mlops("deploy")
    updated = mlops("endpoints", "update", "toy", "--app-insights", "--tag", "a=b", "-o", "json").json()
    assert (updated["app_insights"], updated["tags"], updated["changed"]) == (True, {"a": "b"}, True)
    assert mlops("endpoints", "update", "toy", "--app-insights", "-o", "json").json()["changed"] is False
    assert "nothing to change" in mlops("endpoints", "update", "toy", code=2).stderr
    assert mlops("endpoints", "update", "toy", "--collect-data", "-o", "json").json()["collect_data"] is True
    assert "data      collected" in mlops("endpoints", "show", "toy").stdout


def test_after_a_reboot_everything_says_how_to_go_on(mlops: Mlops) -> None:
    register(mlops)
    before = mlops("deploy", "-o", "json").json()
    status = layout.read_status(mlops.home / "endpoints" / "toy")
    assert status is not None
    cut_power(status)
    assert mlops("endpoints", "show", "toy", "-o", "json").json()["state"] == "Stopped"
    assert "toy is Stopped; next: mlops endpoints start toy" in mlops("logs").stderr
    (mlops.project / "rows.json").write_text('{"data": [{"age": 50, "job": "admin.", "rate": 1}]}')
    refused = mlops("score", "--data", "rows.json", code=5)
    assert "toy is Stopped" in refused.stderr
    assert "Next: mlops endpoints start toy" in refused.stderr
    started = mlops("endpoints", "start", "toy", "-o", "json").json()
    assert started == before
    assert mlops("score", "--data", "rows.json").stdout == '{"result": ["yes"]}\n'


def test_stop_and_delete(mlops: Mlops) -> None:
    register(mlops)
    mlops("deploy")
    assert mlops("endpoints", "stop", "toy", "-o", "json").json()["state"] == "Stopped"
    assert "add --yes" in mlops("endpoints", "delete", "toy", code=2).stderr
    assert mlops("endpoints", "delete", "toy", "--yes", "-o", "json").json() == {
        "name": "toy",
        "deleted": True,
    }
    assert mlops("endpoints", "delete", "toy", "--yes", code=4).stdout == ""
    assert not (mlops.home / "endpoints" / "toy").exists()


def test_a_state_directory_that_cannot_be_made_is_said(mlops: Mlops) -> None:
    (mlops.project / "FILE").write_text("")
    mlops.profile("deploy: {name: toy}\n")
    mlops.environ["MLOPS_HOME"] = "FILE/below"
    refused = mlops("deploy", "--entry-script", "FILE", code=1)
    assert "Traceback" not in refused.stderr
    assert "MLOPS_HOME" in refused.stderr
    del mlops.environ["MLOPS_HOME"]


def test_a_full_disk_is_said_and_what_ran_goes_on(mlops: Mlops) -> None:
    register(mlops)
    mlops("deploy")
    folder = model_folder(mlops.project, limit=60)
    (folder / "weights").write_bytes(bytes(4_000_000))
    mlops("models", "register", folder, "--name", "toy")
    command = f"ulimit -f 2000; exec {sys.executable} -m mlops_cli deploy"
    environ = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=mlops.project, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "Error: cannot write below" in done.stderr
    shown = mlops("endpoints", "show", "toy", "-o", "json").json()
    assert (shown["state"], shown["model"]["version"]) == ("Healthy", 1)
