"""A deployment as a whole: it succeeds, or what was there before is there after."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from mlops_cli import __version__
from mlops_cli.domain.endpoints import DeploySettings, Endpoint, EndpointUpdate, LogQuery
from mlops_cli.engine.endpoints.packaging import Source
from mlops_cli.errors import NotFoundError, UsageError, WorkFailedError
from mlops_cli.status import EndpointState
from tests.endpoints.world import GOOD, Load, World, post, until

BROKEN_INIT = """
def init():
    weights = {}
    print("before the fault")
    weights["missing"]

def run(data):
    return data
"""
BROKEN_RUN = GOOD.replace('rows[0].get("kill")', 'rows[0]["nonsense"]')
WAITING = """
import json, time
from pathlib import Path

def init():
    Path(STARTED).touch()
    while not Path(GO).exists():
        time.sleep(0.01)

def run(data):
    return json.dumps({"result": [1]})
"""


def processes_of(world: World) -> list[int]:
    """All processes that have the world's folder on their command line."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(world.folder) in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def test_a_deployment_goes_through_its_phases_and_answers(world: World) -> None:
    endpoint, changed = world.deploy()
    ended = [phase.name for phase in world.phases if phase.seconds is not None]
    assert ended == ["package", "pre-flight", "start", "health", "smoke"]
    assert (endpoint.state, changed, endpoint.revision) == (EndpointState.HEALTHY, True, 1)
    assert post(endpoint.port, None)[0] == 401
    assert post(endpoint.port, world.endpoints.keys("demo").secondary)[0] == 200
    secrets = world.service() / "secrets.json"
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in world.service().rglob("secrets.json")] == ["secrets.json"]


def test_the_same_again_changes_nothing(world: World) -> None:
    world.deploy()
    before = world.status()
    _, changed = world.deploy()
    assert changed is False
    assert world.phases == []
    assert world.status() == before
    assert world.endpoints.plan(world.request()).action == "unchanged"


def test_app_insights_and_tags_change_without_a_restart(world: World) -> None:
    endpoint, _ = world.deploy()
    before = world.worker_pids()
    updated, changed = world.deploy(app_insights=True, tags={"team": "ml"})
    assert (updated.app_insights, updated.tags, changed) == (True, {"team": "ml"}, True)
    key = world.endpoints.keys("demo").primary
    until(lambda: post(endpoint.port, key)[0] == 200 and list(world.endpoints.requests("demo")))
    record = next(world.endpoints.requests("demo"))
    assert (record.path, record.status, record.method) == ("/score", 200, "POST")
    assert world.worker_pids() == before
    assert world.endpoints.update("demo", EndpointUpdate(app_insights=False))[0].app_insights is False
    assert world.endpoints.update("demo", EndpointUpdate(app_insights=False))[1] is False
    assert world.worker_pids() == before


def test_data_are_collected_without_a_restart_and_without_the_row_that_deploy_tries(world: World) -> None:
    endpoint, _ = world.deploy(collect_data=True)
    before, key = world.worker_pids(), world.endpoints.keys("demo").primary
    assert post(endpoint.port, key, {"data": [{"age": 99}]})[0] == 200
    (record,) = until(lambda: list(world.endpoints.collected("demo")))
    assert (record.inputs, record.outputs) == ([{"age": 99}], ["one"])
    changed = world.endpoints.update("demo", EndpointUpdate(collect_data=False))
    assert (changed[0].collect_data, changed[1], world.worker_pids()) == (False, True, before)
    assert list(world.endpoints.collected("demo")) == [record]


def test_auth_changes_without_a_lost_request_and_keeps_the_keys(world: World) -> None:
    endpoint, _ = world.deploy(auth="none")
    keys = world.endpoints.keys("demo")
    with Load(endpoint.port, keys.primary) as load:
        updated, _ = world.endpoints.update("demo", EndpointUpdate(auth="key"))
    assert load.lost == []
    assert (updated.auth, world.endpoints.keys("demo")) == ("key", keys)
    assert post(endpoint.port, None)[0] == 401
    world.endpoints.update("demo", EndpointUpdate(auth="token"))
    token, expires_on = world.endpoints.token("demo")
    assert post(endpoint.port, keys.primary)[0] == 401
    assert post(endpoint.port, token)[0] == 200
    assert expires_on.endswith("+00:00")
    assert world.endpoints.plan(world.request(auth="token")).action == "unchanged"


def test_another_number_of_workers_is_not_packed_anew(world: World) -> None:
    endpoint, _ = world.deploy()
    with Load(endpoint.port, world.endpoints.keys("demo").primary, clients=4) as load:
        more, changed = world.endpoints.update("demo", EndpointUpdate(workers=2))
        assert (more.workers, changed, len(set(world.worker_pids()))) == (2, True, 2)
        assert world.endpoints.plan(world.request()).changes == ["workers 2 -> 1"]
        fewer, _ = world.deploy()
        assert (fewer.workers, len(world.worker_pids()), world.phases) == (1, 1, [])
    assert load.lost == []
    assert world.endpoints.plan(world.request()).action == "unchanged"


def test_a_stopped_endpoint_starts_with_the_workers_asked_for(world: World) -> None:
    world.deploy()
    world.endpoints.stop("demo")
    more, _ = world.endpoints.update("demo", EndpointUpdate(workers=2))
    assert more.state == EndpointState.STOPPED
    world.endpoints.start("demo")
    assert len(set(world.worker_pids())) == 2
    world.endpoints.stop("demo")
    world.deploy(workers=1, auth="none")
    assert len(world.worker_pids()) == 1
    assert post(world.endpoints.get("demo").port, None)[0] == 200


def test_a_token_is_for_token_auth(world: World) -> None:
    world.deploy()
    with pytest.raises(UsageError, match="has auth key, not token"):
        world.endpoints.token("demo")


def test_a_new_key_opens_and_the_old_one_no_longer_does(world: World) -> None:
    endpoint, _ = world.deploy()
    before = world.endpoints.keys("demo")
    workers = world.worker_pids()
    after = world.endpoints.regenerate("demo", "primary")
    assert after.primary != before.primary
    assert after.secondary == before.secondary
    assert len(after.primary) == 32
    until(lambda: post(endpoint.port, after.primary)[0] == 200)
    until(lambda: post(endpoint.port, before.primary)[0] == 401)
    assert post(endpoint.port, before.secondary)[0] == 200
    assert world.worker_pids() == workers


@pytest.mark.parametrize("text", [BROKEN_INIT, "import no_such_module_xyz\n", "def init(:\n"])
def test_a_script_that_does_not_load_leaves_nothing(world: World, text: str) -> None:
    world.write_script("", text)
    with pytest.raises(WorkFailedError) as failure:
        world.deploy()
    assert f"{world.script}:" in "\n".join(failure.value.details)
    assert failure.value.hint
    assert world.endpoints.list() == []
    assert not world.service().exists()
    assert processes_of(world) == []


def test_a_failing_init_shows_the_users_frame_and_the_last_log_lines(world: World) -> None:
    world.write_script("", BROKEN_INIT)
    with pytest.raises(WorkFailedError, match="KeyError: 'missing'") as failure:
        world.deploy()
    assert failure.value.details[0] == f'{world.script}:5 in init: weights["missing"]'
    assert "INFO    user: before the fault" in failure.value.details
    assert [phase.ok for phase in world.phases if phase.name == "pre-flight"] == [True, False]


def test_a_failing_run_shows_the_users_frame(world: World) -> None:
    world.write_script("", BROKEN_RUN)
    with pytest.raises(WorkFailedError, match=r"one row was not scored.*KeyError: 'nonsense'") as failure:
        world.deploy()
    assert failure.value.details[0] == f'{world.script}:9 in run: if rows[0]["nonsense"]:'
    assert "--sample" in (failure.value.hint or "")


def test_a_failing_update_leaves_the_old_one_serving(world: World) -> None:
    endpoint, _ = world.deploy()
    key, workers = world.endpoints.keys("demo").primary, world.worker_pids()
    with Load(endpoint.port, key) as load:
        world.write_script("", BROKEN_INIT)
        with pytest.raises(WorkFailedError):
            world.deploy()
    assert load.lost == []
    assert world.worker_pids() == workers
    assert world.endpoints.get("demo") == endpoint
    assert sorted(path.name for path in (world.service() / "revisions").iterdir()) == ["1"]


def starts_only_in_preflight(world: World) -> Path:
    """An entry script whose init() works once; the file that is there afterwards."""
    counter = world.folder / "starts"
    check = f"def init():\n    open({str(counter)!r}, 'x').close()\n"
    world.write_script("two", GOOD.replace("def init():\n", check))
    return counter


def test_an_update_that_fails_only_in_service_is_rolled_back(world: World) -> None:
    endpoint, _ = world.deploy()
    counter = starts_only_in_preflight(world)
    key = world.endpoints.keys("demo").primary
    with Load(endpoint.port, key) as load:
        with pytest.raises(WorkFailedError, match="FileExistsError"):
            world.deploy()
        until(lambda: world.status().serves(1))
    assert load.lost == []
    assert world.endpoints.get("demo").state == EndpointState.HEALTHY
    counter.unlink()
    assert world.endpoints.plan(world.request()).action == "update"


def test_more_workers_that_fail_in_service_take_no_client_away(world: World) -> None:
    """The one worker that is left of two listens for both."""
    endpoint, _ = world.deploy(workers=2)
    world.deploy(workers=1)
    starts_only_in_preflight(world)
    with Load(endpoint.port, world.endpoints.keys("demo").primary, clients=4) as load:
        with pytest.raises(WorkFailedError, match="FileExistsError"):
            world.deploy(workers=2)
        until(lambda: world.status().serves(2))
    assert load.lost == []
    assert len(world.worker_pids()) == 1


def test_another_version_of_mlops_needs_new_workers() -> None:
    source = Source("shop", DeploySettings(), entry_script=Path(__file__))
    assert source.content_hash() == source.content_hash(__version__) != source.content_hash("99.0")


def test_an_unchanged_stopped_endpoint_is_started(world: World) -> None:
    endpoint, _ = world.deploy()
    world.endpoints.stop("demo")
    assert world.endpoints.plan(world.request()).action == "start"
    started, changed = world.deploy()
    assert (started.state, started.port, changed) == (EndpointState.HEALTHY, endpoint.port, True)


def test_without_a_sample_only_init_is_tried(world: World) -> None:
    world.write_script("", BROKEN_RUN)
    world.endpoints.deploy(world.request(sample=False), world.phases.append)
    details = {phase.name: phase.detail for phase in world.phases}
    assert "no sample" in details["pre-flight"]
    assert "smoke" not in details


def test_a_port_in_use_is_said_with_the_process_that_uses_it(world: World) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} is in use by .*process {os.getpid()}"):
            world.deploy(port=port)
    assert world.endpoints.list() == []
    assert world.deploy(port=port)[0].port == port


def test_an_endpoint_keeps_its_port_and_no_other_may_have_it(world: World) -> None:
    endpoint, _ = world.deploy()
    world.endpoints.stop("demo")
    with pytest.raises(UsageError, match="belongs to the endpoint demo"):
        world.deploy("other", port=endpoint.port)
    with pytest.raises(UsageError, match=f"has port {endpoint.port} and keeps it"):
        world.deploy(port=endpoint.port - 1)
    with socket.socket() as thief:
        thief.bind(("127.0.0.1", endpoint.port))
        thief.listen()
        with pytest.raises(UsageError, match="is in use by"):
            world.endpoints.start("demo")
    assert world.endpoints.start("demo")[0].port == endpoint.port


def test_of_two_deployments_at_once_the_second_finds_it_done(world: World) -> None:
    outcomes: list[tuple[Endpoint, bool]] = []
    errors: list[Exception] = []

    def deploy() -> None:
        try:
            outcomes.append(world.endpoints.deploy(world.request(), lambda _phase: None))
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=deploy) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(changed for _, changed in outcomes) == [False, True]
    assert {endpoint.revision for endpoint, _ in outcomes} == {1}


def test_names_are_those_that_azure_takes(world: World) -> None:
    for name in ("Demo", "a", "de_mo", "../etc", "x" * 33, "demo-"):
        with pytest.raises(UsageError, match="cannot be the name"):
            world.deploy(name)
    with pytest.raises(UsageError) as failure:
        world.deploy("Bank_Marketing")
    assert failure.value.hint == "try: bank-marketing"


def test_what_is_missing_is_named(world: World) -> None:
    world.script.unlink()
    with pytest.raises(NotFoundError, match="no entry script"):
        world.deploy()
    with pytest.raises(NotFoundError, match="no endpoint 'demo'"):
        world.endpoints.delete("demo")


def test_delete_ends_every_process_and_leaves_nothing(world: World) -> None:
    world.deploy(target="aks")
    assert len(processes_of(world)) == 3
    world.endpoints.delete("demo")
    assert processes_of(world) == []
    assert not world.service().exists()
    assert world.endpoints.list() == []


CHILD = """
import sys
from pathlib import Path
from tests.endpoints.world import World
world = World(Path(sys.argv[1]))
world.script = Path(sys.argv[2])
world.deploy()
"""


@pytest.mark.parametrize("existed", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_deployment_stopped_midway_does_no_harm(
    world: World, existed: bool, number: signal.Signals
) -> None:
    endpoint = world.deploy()[0] if existed else None
    started, go, script = world.folder / "started", world.folder / "go", world.folder / "slow.py"
    script.write_text(WAITING.replace("STARTED", repr(str(started))).replace("GO", repr(str(go))))
    command = [sys.executable, "-c", CHILD, str(world.folder), str(script)]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL)
    try:
        until(started.exists)
        os.kill(child.pid, number)
        assert child.wait(30) != 0
    finally:
        child.kill()
        go.touch()
    if endpoint:
        assert world.endpoints.get("demo") == endpoint
        assert post(endpoint.port, world.endpoints.keys("demo").primary)[0] == 200
    elif number == signal.SIGINT:
        assert world.endpoints.list() == []
    else:
        assert [e.error for e in world.endpoints.list()] == ["its first deployment was interrupted"]
    expected = 2 if endpoint else 0
    until(lambda: len(processes_of(world)) == expected)
    world.write_script("two")
    updated, changed = world.deploy()
    assert (changed, updated.state) == (True, EndpointState.HEALTHY)
    assert not list((world.service() / "revisions").glob(".*"))


def test_logs_filter_and_end(world: World) -> None:
    endpoint, _ = world.deploy()
    key = world.endpoints.keys("demo").primary
    assert post(endpoint.port, key, {"data": "nonsense"})[0] == 500
    until(lambda: list(world.endpoints.logs("demo", LogQuery(level="ERROR"))))
    errors = list(world.endpoints.logs("demo", LogQuery(level="ERROR")))
    assert {line.level for line in errors} == {"ERROR"}
    by_id = list(world.endpoints.logs("demo", LogQuery(request_id=errors[0].request_id)))
    assert {line.request_id for line in by_id} == {errors[0].request_id}
    (loading,) = world.endpoints.logs("demo", LogQuery(grep="^load.ng$"))
    assert (loading.source, loading.message) == ("user", "loading")
    every = list(world.endpoints.logs("demo", LogQuery()))
    assert list(world.endpoints.logs("demo", LogQuery(lines=2))) == every[-2:]
