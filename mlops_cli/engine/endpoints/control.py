"""An endpoint's processes: what they are doing, and telling them to start, change or stop."""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

import msgspec

from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.engine.endpoints import failures, layout, packaging, probing, sockets
from mlops_cli.engine.endpoints.layout import Desired, Status
from mlops_cli.engine.endpoints.worker import supervisor_command
from mlops_cli.engine.processes import ProcessId, start_detached
from mlops_cli.engine.serving.spec import read_spec
from mlops_cli.engine.store import Store
from mlops_cli.errors import UsageError, WorkFailedError
from mlops_cli.status import EndpointState

POLL_SECONDS = 0.05
START_SECONDS = 150.0
STOP_SECONDS = 15.0
HEIR_SECONDS = 3.0


def observed(service: Path, endpoint: Endpoint, *, busy: bool = False) -> Endpoint:
    """The endpoint as it is now; `busy` when a command is deploying it."""
    status = layout.read_status(service)
    state, error = state_of(status)
    if endpoint.revision == 0:
        state = EndpointState.TRANSITIONING if busy else EndpointState.FAILED
        error = None if busy else "its first deployment was interrupted"
    return msgspec.structs.replace(endpoint, state=state, error=error)


def state_of(status: Status | None) -> tuple[EndpointState, str | None]:
    """The state that a supervisor's report stands for, and why it is no better."""
    if status is None or not processes(status):
        return EndpointState.STOPPED, None
    why = status.failure.message if status.failure else None
    if not status.supervisor.is_alive():
        return EndpointState.TRANSITIONING, "its supervisor is being replaced"
    if status.serving() == len(status.workers):
        return EndpointState.HEALTHY, None
    if status.serving():
        return EndpointState.UNHEALTHY, why or "a worker is being restarted"
    return (EndpointState.FAILED if status.given_up else EndpointState.TRANSITIONING), why


def processes(status: Status) -> list[ProcessId]:
    """Its processes that live, the supervisor first."""
    known = [status.supervisor, *(worker.process for worker in status.workers if worker.process)]
    return [process for process in known if process.is_alive()]


def install(service: Path, endpoint: Endpoint, revision: int) -> None:
    """Make `revision` what the endpoint's workers start from, and have running ones replaced."""
    folder = layout.revision_dir(service, revision)
    packaging.write_spec(service, packaging.installed(service, folder, endpoint))
    before = layout.read_desired(service)
    highest = max(revision, before.highest if before else 0)
    layout.write_desired(service, Desired(revision, endpoint.workers, endpoint.port, highest))
    hurry(service)


def ensure_supervisor(service: Path, endpoint: Endpoint) -> None:
    """Start the supervisor unless it runs. Raises UsageError when the endpoint's port is in use."""
    listeners = _claim_port(service, endpoint)
    try:
        if listeners:
            command, fds = supervisor_command(service, listeners), sockets.numbers(listeners)
            start_detached(command, log=layout.output_file(service), env={}, pass_fds=fds)
    finally:
        for listener in listeners:
            listener.close()


def _claim_port(service: Path, endpoint: Endpoint) -> list[socket.socket]:
    """The endpoint's listening sockets; none when a supervisor has them.

    A port in use is tried again for a while: a supervisor that a dying worker has just started holds it
    before it can say so.
    """
    deadline = time.monotonic() + HEIR_SECONDS
    while not _is_supervised(service):
        if status := layout.read_status(service):
            kill(status)
        try:
            return sockets.listen_first(endpoint.port, endpoint.workers)
        except UsageError:
            if time.monotonic() > deadline:
                raise
        time.sleep(POLL_SECONDS)
    return []


def _is_supervised(service: Path) -> bool:
    """Whether a supervisor runs. Workers that lost theirs are given a moment to start another."""
    deadline = time.monotonic() + HEIR_SECONDS
    while (status := layout.read_status(service)) and processes(status):
        if status.supervisor.is_alive():
            return True
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    return False


def wait_until_serving(service: Path, revision: int, *, seconds: float = START_SECONDS) -> None:
    """Wait until every worker is of `revision` and the service answers.

    Raises WorkFailedError with the last lines of the log when a worker cannot start, or time is over.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = layout.read_status(service)
        if status and status.generation == revision and status.supervisor.is_alive():
            if status.serves(revision) and probing.is_healthy(status.port):
                return
            if status.given_up and status.failure:
                raise failures.startup(status.failure, service, {})
        time.sleep(POLL_SECONDS)
    raise WorkFailedError(
        f"the service did not answer within {seconds:.0f} s", details=failures.last_lines(service)
    )


def configure(store: Store, service: Path, endpoint: Endpoint, *, start: bool) -> Endpoint:
    """Record what running workers take up by themselves; with `start`, bring the service up first."""
    spec = read_spec(service)
    wanted = msgspec.structs.replace(spec, **packaging.switches(endpoint))
    if wanted != spec:
        packaging.write_spec(service, wanted)
    if start:
        bring_up(service, endpoint)
    store.endpoints.put(endpoint)
    return observed(service, endpoint)


def bring_up(service: Path, endpoint: Endpoint) -> None:
    """Start the endpoint's last good revision on its port and wait until it serves.

    A supervisor none of whose workers serves is ended first: what it has given up is tried afresh.
    """
    status = layout.read_status(service)
    if status and not status.serving():
        stop(service)
    install(service, endpoint, endpoint.revision)
    ensure_supervisor(service, endpoint)
    wait_until_serving(service, endpoint.revision)


def hurry(service: Path) -> None:
    """Have the supervisor look at once."""
    status = layout.read_status(service)
    if status and status.supervisor.is_alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(status.supervisor.pid, signal.SIGHUP)


def stop(service: Path, *, seconds: float = STOP_SECONDS) -> None:
    """End all processes of the endpoint: kindly at first, after `seconds` by force."""
    layout.desired_file(service).unlink(missing_ok=True)
    status = layout.read_status(service)
    if status and status.supervisor.is_alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(status.supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while (status := layout.read_status(service)) and processes(status) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    if status:
        kill(status)


def kill(status: Status) -> None:
    """End what is left of an endpoint's processes by force."""
    for process in processes(status):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
