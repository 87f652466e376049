"""Starting, stopping, killing; what stays and what is kept secret."""

import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from mlops_cli.errors import NotFoundError, UsageError
from tests.emulator.wire import Wire


def test_start_is_done_once_and_state_survives_a_stop(own_emulator):
    assert own_emulator.start() is True
    assert own_emulator.start() is False
    wire, port = Wire(own_emulator), own_emulator.identity.port
    wire.blob("PUT", "/kept?restype=container")
    wire.blob("PUT", "/kept/file", data=b"content")
    assert own_emulator.stop() is True
    assert own_emulator.stop() is False
    own_emulator.start()
    assert own_emulator.identity.port == port
    assert Wire(own_emulator).blob("GET", "/kept/file").content == b"content"


def test_settings_of_a_running_emulator_cannot_be_changed(own_emulator):
    from mlops_cli.emulator.lifecycle import Settings

    own_emulator.start(Settings(fast=True))
    with pytest.raises(UsageError, match="other settings"):
        own_emulator.start(Settings(fast=False))


def test_reset_forgets_the_state_and_keeps_the_identity(own_emulator):
    own_emulator.start()
    before, wire = own_emulator.identity, Wire(own_emulator)
    wire.blob("PUT", "/gone?restype=container")
    own_emulator.reset()
    assert own_emulator.identity == before
    assert Wire(own_emulator).blob("GET", "/gone/x").headers["x-ms-error-code"] == "ContainerNotFound"


def test_kill_does_not_end_a_submitted_script(own_emulator):
    from mlops_cli.emulator.lifecycle import Settings

    own_emulator.start(Settings(fast=True))
    wire = Wire(own_emulator)
    cluster = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_D2_V2"}}}
    wire.arm("PUT", f"{wire.workspace}/computes/cpu", json=cluster)
    wait = "echo begun; until test -e ../go; do sleep 0.05; done; echo made > outputs/x; echo ended"
    url = f"/execution/v1.0{wire.workspace}/experiments/e/snapshotrun?runId=r1"
    assert (
        wire.aml("POST", url, json={"Configuration": {"target": "cpu", "command": wait}}).json()["runId"]
        == "r1"
    )
    os.kill(own_emulator.process().pid, signal.SIGKILL)
    own_emulator.start()
    wire, run = Wire(own_emulator), f"/history/v1.0{wire.workspace}/experiments/e/runs/r1"
    assert wire.aml("GET", run).json()["status"] == "Running"
    (own_emulator.instance.state / "runs" / "r1" / "go").touch()
    deadline = time.monotonic() + 30
    while wire.aml("GET", run).json()["status"] == "Running" and time.monotonic() < deadline:
        time.sleep(0.05)
    details = wire.aml("GET", f"{run}/details").json()
    assert details["status"] == "Completed"
    assert wire.session.get(details["logFiles"]["user_logs/std_log.txt"]).text == "begun\nended\n"
    listed = wire.aml("GET", f"/artifact/v2.0{wire.workspace}/artifacts/ExperimentRun/dcid.r1").json()[
        "value"
    ]
    assert [artifact["path"] for artifact in listed] == ["outputs/x", "user_logs/std_log.txt"]


def test_secrets_are_for_the_owner_alone(own_emulator):
    own_emulator.start()
    folder = own_emulator.instance.folder
    for name in ("instance.json", "ca-key.pem", "service-principal.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    log = own_emulator.instance.log.read_text()
    assert own_emulator.identity.client_secret not in log
    assert own_emulator.identity.signing_key not in log


def test_two_instances_do_not_trust_each_other(own_emulator, tmp_path):
    from mlops_cli.emulator.lifecycle import Emulator

    own_emulator.start()
    other = Emulator(tmp_path / "other")
    other.start()
    try:
        stranger = Wire(other).bearer
        url = f"https://management.azure.com{Wire(own_emulator).workspace}"
        assert Wire(own_emulator).session.get(url, headers=stranger).status_code == 401
    finally:
        other.stop()


def test_control_without_a_server(own_emulator):
    with pytest.raises(NotFoundError, match="no emulator"):
        own_emulator.control("GET", "/health")


def test_run_gives_a_program_the_variables_and_its_exit_code(mlops):
    pytest.importorskip("trustme")
    code = "import os, sys; print(os.environ['https_proxy'], file=open('seen', 'w')); sys.exit(7)"
    mlops("emulator", "run", "--", sys.executable, "-c", code, code=7)
    assert (mlops.project / "seen").read_text().startswith("http://127.0.0.1:")
    assert mlops("emulator", "status", "--output", "json").json()["state"] == "stopped"


def test_run_that_is_terminated_leaves_no_emulator(mlops):
    pytest.importorskip("trustme")
    code = "import os, signal, time; os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)"
    with pytest.raises(SystemExit, match="143"):
        mlops("emulator", "run", "--", sys.executable, "-c", code)
    assert mlops("emulator", "status", "--output", "json").json()["state"] == "stopped"


def test_an_emulator_ends_with_the_process_it_was_started_for(own_emulator):
    from mlops_cli.emulator.lifecycle import Settings

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as session:
        own_emulator.start(Settings(fast=True), until=session.pid)
        session.kill()
    server = own_emulator.process()
    assert server is None or server._ends_within(20)


def test_run_makes_the_workspace_of_a_config_json(mlops):
    pytest.importorskip("trustme")
    subscription = "11111111-2222-3333-4444-555555555555"
    names = {"subscription_id": subscription, "resource_group": "rg", "workspace_name": "ws"}
    (mlops.project / "config.json").write_text(json.dumps(names))
    mlops("emulator", "run", "--", sys.executable, "-c", "")
    shown = mlops("emulator", "status", "--output", "json").json()
    assert (shown["subscription_id"], shown["workspace_name"]) == (
        "11111111-2222-3333-4444-555555555555",
        "ws",
    )


def test_run_lends_a_config_json_where_there_is_none(mlops):
    pytest.importorskip("trustme")
    config = mlops.project / ".azureml" / "config.json"
    names = "json.load(open('.azureml/config.json'))['workspace_name']"
    mlops("emulator", "run", "--", sys.executable, "-c", f"import json; assert {names} == 'mlops-ws'")
    assert not config.parent.exists()
    mlops("emulator", "run", "--", sys.executable, "-c", "open('.azureml/config.json', 'w').write('{}')")
    assert config.read_text() == "{}"


def test_run_keeps_the_state_out_of_snapshots(mlops):
    pytest.importorskip("trustme")
    ignore = mlops.project / ".amlignore"
    reads = f"open('seen', 'w').write(open({str(ignore)!r}).read())"
    (mlops.project / ".gitignore").write_text("*.tmp")
    mlops("emulator", "run", "--", sys.executable, "-c", reads)
    assert (mlops.project / "seen").read_text() == "*.tmp\n/.amlignore\n/.mlops\n"
    assert not ignore.exists()
    ignore.write_text("mine\n")
    mlops("emulator", "run", "--", sys.executable, "-c", reads)
    assert [(mlops.project / "seen").read_text(), ignore.read_text()] == ["mine\n", "mine\n"]


def test_commands_before_the_first_start(mlops):
    pytest.importorskip("trustme")
    assert "mlops emulator start" in mlops("emulator", "status", code=4).stderr
    assert mlops("emulator", "stop").stdout == "not running\n"


def test_env_is_for_a_shell(mlops):
    pytest.importorskip("trustme")
    mlops("emulator", "start", "--fast")
    try:
        lines = mlops("emulator", "env").stdout.splitlines()
        assert all(line.startswith("export ") for line in lines)
        assert any(line.startswith("export SSL_CERT_FILE=") for line in lines)
    finally:
        mlops("emulator", "stop")


def test_coverage_is_read_from_the_routes(mlops):
    pytest.importorskip("trustme")
    services = {entry["service"]: entry for entry in mlops("emulator", "coverage", "--output", "json").json()}
    assert {"aad", "arm", "blob", "dataset", "model", "history", "execution"} <= set(services)
    used_by = {(route["method"], route["path"]): route["used_by"] for route in services["arm"]["routes"]}
    assert used_by["GET", "{W}"].startswith("Workspace.get, ")
    assert services["datastore"]["left_out"]


def test_map_that_names_no_file(mlops):
    pytest.importorskip("trustme")
    assert "URL=FILE" in mlops("emulator", "start", "--map", "https://x/y=nope", code=2).stderr
