"""The search for the highest rate, with an eye on what the service's processes use meanwhile."""

from collections.abc import Callable

from mlops_cli.bench.limit import Capacity, Footprint, Step, find_limit
from mlops_cli.bench.plan import Load
from mlops_cli.bench.result import Result
from mlops_cli.bench.session import Session
from mlops_cli.domain.gates import Gate
from mlops_cli.services.bench.footprint import Watched
from mlops_cli.services.bench.subject import Service

STEP_SECONDS = 2.0


def search(
    session: Session,
    service: Service,
    gates: list[Gate],
    seconds: float | None,
    on_step: Callable[[Step], None],
) -> tuple[Capacity, Footprint]:
    """Steps of `seconds` each. KeyboardInterrupt ends the search as it ends anything else."""
    answered = 0
    target = service.aim.target
    watched = Watched(target.port) if target.is_loopback else None

    def measure(rate: float | None) -> Result:
        nonlocal answered
        result = session.measure(Load(duration=seconds or STEP_SECONDS, rate=rate))
        if result.interrupted:
            raise KeyboardInterrupt
        answered += result.requests - result.failures
        return result

    capacity = find_limit(gates, measure, on_step)
    workers = service.endpoint.workers if service.endpoint else 1
    return capacity, watched.footprint(answered, workers) if watched else Footprint(workers)
