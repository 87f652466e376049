"""Processes are killed, replaced and started anew; clients do not notice where they need not."""

import json
import subprocess

import pytest

from mlops_cli.domain.endpoints import LogQuery
from mlops_cli.engine.endpoints import sockets
from mlops_cli.engine.endpoints.worker import supervisor_command
from mlops_cli.errors import WorkFailedError
from mlops_cli.status import EndpointState
from tests.endpoints.world import GOOD, Load, World, post, until

ONE, TWO = json.dumps({"result": ["one"]}), json.dumps({"result": ["two"]})


def test_a_killed_worker_is_restarted(world: World) -> None:
    endpoint, _ = world.deploy()
    (before,) = world.worker_pids()
    world.kill(before)
    key = world.endpoints.keys("demo").primary
    until(lambda: world.status().workers[0].restarts == 1 and world.worker_pids() not in ([], [before]))
    assert post(endpoint.port, key) == (200, ONE)
    messages = [line.message for line in world.endpoints.logs("demo", LogQuery())]
    assert any(f"process {before}) was killed by SIGKILL; restarting it" in message for message in messages)


def test_a_killed_supervisor_is_replaced_without_a_lost_request(world: World) -> None:
    endpoint, _ = world.deploy(target="aks")
    before = world.status()
    with Load(endpoint.port, world.endpoints.keys("demo").primary) as load:
        world.kill(before.supervisor.pid)
        until(lambda: world.status().supervisor.pid != before.supervisor.pid)
        until(lambda: world.endpoints.get("demo").state == EndpointState.HEALTHY)
        until(lambda: world.status().serves(1))
        answered = sum(load.answers.values())
        until(lambda: sum(load.answers.values()) > answered + 50)
    assert load.lost == []
    assert set(world.worker_pids()).isdisjoint(
        worker.process.pid for worker in before.workers if worker.process
    )
    assert world.status().port == endpoint.port


def test_supervisor_and_a_worker_killed_together_come_back(world: World) -> None:
    endpoint, _ = world.deploy(target="aks")
    before = world.status()
    world.kill(before.supervisor.pid, world.worker_pids()[0])
    until(lambda: world.status().supervisor.pid != before.supervisor.pid and world.status().serves(1))
    assert post(endpoint.port, world.endpoints.keys("demo").primary) == (200, ONE)


def test_when_everything_is_killed_it_is_stopped_and_starts_at_the_same_address(world: World) -> None:
    endpoint, _ = world.deploy()
    keys = world.endpoints.keys("demo")
    world.kill_everything()
    assert world.endpoints.get("demo").state == EndpointState.STOPPED
    started, changed = world.endpoints.start("demo")
    assert (started.state, started.scoring_uri, changed) == (
        EndpointState.HEALTHY,
        endpoint.scoring_uri,
        True,
    )
    assert world.endpoints.keys("demo") == keys
    assert post(endpoint.port, keys.primary) == (200, ONE)
    assert world.endpoints.start("demo")[1] is False


def test_a_start_while_a_worker_calls_for_a_new_supervisor_finds_it(world: World) -> None:
    """The worker lives just long enough to start an heir, which holds the port before it is known."""
    endpoint, _ = world.deploy()
    workers = world.worker_pids()
    world.kill(world.status().supervisor.pid)
    until(lambda: any("is gone" in line.message for line in world.endpoints.logs("demo", LogQuery())))
    world.kill(*workers)
    world.endpoints.start("demo")
    until(lambda: world.endpoints.get("demo").state == EndpointState.HEALTHY)
    assert post(endpoint.port, world.endpoints.keys("demo").primary) == (200, ONE)


def test_an_update_replaces_workers_without_a_lost_request(world: World) -> None:
    endpoint, _ = world.deploy(target="aks")
    before = world.worker_pids()
    with Load(endpoint.port, world.endpoints.keys("demo").primary) as load:
        world.write_script("two")
        updated, changed = world.deploy(target="aks")
        until(lambda: load.answers.get(TWO, 0) > 50)
    assert load.lost == []
    assert changed
    assert load.answers[ONE] > 0
    assert (updated.revision, updated.port) == (2, endpoint.port)
    assert set(world.worker_pids()).isdisjoint(before)
    assert post(endpoint.port, world.endpoints.keys("demo").primary) == (200, TWO)


def test_more_and_fewer_workers_lose_no_request(world: World) -> None:
    endpoint, _ = world.deploy()
    with Load(endpoint.port, world.endpoints.keys("demo").primary, clients=4) as load:
        world.deploy(workers=3)
        assert len(set(world.worker_pids())) == 3
        world.deploy(workers=1)
        assert len(world.worker_pids()) == 1
        answered = sum(load.answers.values())
        until(lambda: sum(load.answers.values()) > answered + 50)
    assert load.lost == []


def test_a_supervisor_killed_after_fewer_workers_goes_on_with_every_socket(world: World) -> None:
    endpoint, _ = world.deploy(workers=3)
    world.deploy(workers=1)
    before = world.status()
    with Load(endpoint.port, world.endpoints.keys("demo").primary, clients=4) as load:
        world.kill(before.supervisor.pid)
        until(lambda: world.status().supervisor.pid != before.supervisor.pid and world.status().serves(2))
        answered = sum(load.answers.values())
        until(lambda: sum(load.answers.values()) > answered + 50)
    assert load.lost == []
    assert set(world.worker_pids()).isdisjoint({w.process.pid for w in before.workers if w.process})


def test_a_second_supervisor_ends_at_once(world: World) -> None:
    world.deploy()
    with sockets.bound(0) as unused:
        command = supervisor_command(world.service(), [unused])
        assert subprocess.run(command, timeout=30, check=False).returncode == 0
    assert world.status().serves(1)


def test_a_worker_that_cannot_start_again_is_tried_until_it_can(world: World) -> None:
    needed = world.folder / "needed.txt"
    needed.write_text("here")
    check = f'    open({str(needed)!r}).close()\n    print("loading")'
    world.write_script("one", GOOD.replace('    print("loading")', check))
    endpoint, _ = world.deploy()
    needed.unlink()
    world.kill(*world.worker_pids())
    until(lambda: world.status().failure)
    assert "FileNotFoundError" in (world.endpoints.get("demo").error or "")
    needed.write_text("back")
    until(lambda: world.endpoints.get("demo").state == EndpointState.HEALTHY)
    assert post(endpoint.port, world.endpoints.keys("demo").primary)[0] == 200


def test_a_start_that_fails_again_and_again_is_given_up(world: World) -> None:
    needed = world.folder / "needed.txt"
    needed.write_text("here")
    check = f'    open({str(needed)!r}).close()\n    print("loading")'
    world.write_script("one", GOOD.replace('    print("loading")', check))
    endpoint, _ = world.deploy()
    world.endpoints.stop("demo")
    assert world.endpoints.get("demo").state == EndpointState.STOPPED
    needed.unlink()
    with pytest.raises(WorkFailedError) as failure:
        world.endpoints.start("demo")
    assert "FileNotFoundError" in failure.value.message
    assert any("in init: open(" in line for line in failure.value.details)
    assert world.endpoints.get("demo").state == EndpointState.FAILED
    with pytest.raises(ConnectionRefusedError):
        post(endpoint.port, None)
    needed.write_text("back")
    assert world.endpoints.start("demo")[0].state == EndpointState.HEALTHY
    assert post(endpoint.port, world.endpoints.keys("demo").primary)[0] == 200


def test_a_request_that_kills_its_worker_does_not_end_the_service(world: World) -> None:
    endpoint, _ = world.deploy()
    key = world.endpoints.keys("demo").primary
    with pytest.raises(OSError):
        post(endpoint.port, key, {"data": [{"kill": 1}]})
    assert post(endpoint.port, key)[0] == 200
