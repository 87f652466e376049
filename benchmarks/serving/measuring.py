"""One server measured: starts, loads, memory.

The machine's speed drifts while a run goes on. So each peer takes turns with our own endpoint, load by load, and the
ratios are those of loads that lie within the same half a minute.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import msgspec

from benchmarks.serving import load, peers
from benchmarks.serving.peers import Peer
from benchmarks.serving.process import Address, Server, answers, free_port, running
from benchmarks.serving.world import World
from mlops_cli.backends.local.endpoints import LocalEndpoints
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.engine.endpoints import control, layout

CONCURRENCIES = (1, 4, 16, 64)
COMPARED = (1, 16)
STARTS = 3


class Candidate(NamedTuple):
    """`start` gives a running server; `error` says why there is none."""

    name: str
    start: Callable[[], AbstractContextManager[Server]]
    error: str | None = None
    version: str = ""

    @classmethod
    def ours(cls, world: World, endpoint: Endpoint) -> "Candidate":
        return cls("mlops / compiled", lambda: _ours(world, endpoint))

    @classmethod
    def of_peer(cls, peer: Peer, world: World) -> "list[Candidate]":
        """One per model path."""
        print(f"... {peer.name}: environment", flush=True)
        try:
            bin = peers.install(peer)
        except RuntimeError as error:
            return [cls(f"{peer.name} / {path}", _never, str(error)) for path in peer.paths]
        version = peers.versions(peer, bin)
        return [
            cls(f"{peer.name} / {path}", lambda path=path: _peer(peer, bin, path, world), None, version)
            for path in peer.paths
        ]


def figures(candidate: Candidate, seconds: float, rounds: int, ours: Address | None = None) -> dict[str, Any]:
    """`ours` is where our endpoint runs, to take turns with; "beside" holds how it did."""
    if candidate.error:
        return {"error": f"cannot be installed: {candidate.error}"}
    try:
        starts = [_start(candidate) for _ in range(STARTS - 1)]
        with candidate.start() as server:
            return {
                "version": candidate.version,
                **_loads(server, [*starts, server.seconds_to_first_answer], seconds, rounds, ours),
            }
    except RuntimeError as error:
        return {"error": str(error) or "it does not answer"}


def _start(candidate: Candidate) -> float:
    with candidate.start() as server:
        return server.seconds_to_first_answer


def _loads(
    server: Server, starts: list[float], seconds: float, rounds: int, ours: Address | None
) -> dict[str, Any]:
    load.wrk(server.address, 16, 1)
    wrk, beside = {}, {}
    for connections in CONCURRENCIES:
        turns = [server.address, ours] if ours and connections in COMPARED else [server.address]
        found = [[load.wrk(address, connections, seconds) for address in turns] for _ in range(rounds)]
        wrk[str(connections)], *other = map(_median, zip(*found, strict=True))
        beside |= {str(connections): one for one in other}
    plain, _ = load.ab(server.address, 4, seconds, keep_alive=False)
    kept_load, kept = load.ab(server.address, 4, seconds, keep_alive=True)
    resident, proportional = server.memory()
    return {
        "wrk": wrk,
        "beside": beside,
        "ab": plain._asdict(),
        "ab_k": {**kept_load._asdict(), "kept": kept},
        "start": statistics.median(starts),
        "rss": resident,
        "pss": proportional,
    }


def _median(found: Sequence[load.Load]) -> dict[str, Any]:
    return sorted(found, key=lambda one: one.rate)[len(found) // 2]._asdict()


@contextmanager
def _peer(peer: Peer, bin: Any, path: str, world: World) -> Iterator[Server]:
    port = free_port()
    body = msgspec.json.encode({peer.wrapped: world.rows})
    env = {
        "BENCH_MODEL": str(world.booster),
        "BENCH_FAST": str(world.compiled()),
        "PYTHONPATH": str(peers.REPOSITORY),
        "PATH": f"{bin}:/usr/bin:/bin",
        "OMP_NUM_THREADS": "1",
    }
    address = Address(f"http://127.0.0.1:{port}{peer.route}", body)
    log = world.home / f"{peer.packages[0]}-{path}.log"
    with running(peer.command(bin, port, path, world.booster), env, address, log) as server:
        yield server


@contextmanager
def _ours(world: World, endpoint: Endpoint) -> Iterator[Server]:
    """The endpoint stopped and started again: supervisor and one worker."""
    backend = LocalEndpoints(world.store)
    backend.stop(endpoint.name)
    address = world.address(endpoint)
    started = time.perf_counter()
    control.install(world.service(), endpoint, endpoint.revision)
    control.ensure_supervisor(world.service(), endpoint)
    while not answers(address):
        time.sleep(0.02)
    taken = time.perf_counter() - started
    status = layout.read_status(world.service())
    assert status
    yield Server(address, status.supervisor.pid, taken)


def _never() -> AbstractContextManager[Server]:
    raise RuntimeError("never started")
