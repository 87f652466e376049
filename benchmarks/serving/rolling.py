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
    """Load for as long as `at_least` requests take by the rate of the first two seconds, 20 s at the least."""
    seconds = max(20.0, 1.15 * at_least / max(fire(2.0).rate, 1.0))
    found: list[Load] = []
    thread = threading.Thread(target=lambda: found.append(fire(seconds)))
    thread.start()
    done = 0
    gap = seconds / (REPLACEMENTS + 1)
    while done < REPLACEMENTS:
        thread.join(gap)
        if not thread.is_alive():
            break
        _replace(world, endpoint)
        done += 1
    thread.join()
    return {"requests": found[0].requests, "lost": found[0].lost, "replacements": done, "rate": found[0].rate}


def _replace(world: World, endpoint: Endpoint) -> None:
    service = world.service()
    endpoint.revision = packaging.copy(service, endpoint.revision)
    control.install(service, endpoint, endpoint.revision)
    control.wait_until_serving(service, endpoint.revision)
