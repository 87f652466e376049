"""Replacing every worker ten times under load."""

import threading
from collections.abc import Callable

from benchmarks.serving import load
from benchmarks.serving.load import Load
from benchmarks.serving.world import World
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.engine.endpoints import control, packaging

REPLACEMENTS = 10
CONNECTIONS = 16
SLICE_SECONDS = 20.0


def measure(world: World, endpoint: Endpoint, at_least: int) -> dict[str, dict[str, float]]:
    """Requests and losses, for wrk (kept connections) and for ab (a connection per request)."""
    address = world.address(endpoint)
    return {
        "wrk": _under(world, endpoint, at_least, lambda seconds: load.wrk(address, CONNECTIONS, seconds)),
        "ab": _under(
            world,
            endpoint,
            at_least,
            lambda seconds: load.ab(address, CONNECTIONS, seconds, keep_alive=False)[0],
        ),
    }


def _under(
    world: World, endpoint: Endpoint, at_least: int, fire: Callable[[float], Load]
) -> dict[str, float]:
    """Load, a slice at a time, until the workers are replaced ten times and `at_least` requests are answered."""
    found: list[Load] = []
    replaced = threading.Event()

    def keep_firing() -> None:
        while not replaced.is_set() or sum(one.requests for one in found) < at_least:
            found.append(fire(SLICE_SECONDS))

    thread = threading.Thread(target=keep_firing)
    thread.start()
    try:
        for _ in range(REPLACEMENTS):
            _replace(world, endpoint)
    finally:
        replaced.set()
        thread.join()
    requests, lost = sum(one.requests for one in found), sum(one.lost for one in found)
    return {"requests": requests, "lost": lost, "replacements": REPLACEMENTS, "rate": found[0].rate}


def _replace(world: World, endpoint: Endpoint) -> None:
    service = world.service()
    endpoint.revision = packaging.copy(service, endpoint.revision)
    control.install(service, endpoint, endpoint.revision)
    control.wait_until_serving(service, endpoint.revision)
