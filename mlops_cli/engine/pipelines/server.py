"""The pipeline server: `python -m mlops_cli.engine.pipelines.server HOME`, detached, one a state directory.

It answers the REST endpoints, fires schedules and takes up runs that have lost their process. A supervisor
starts it again when it ends; a new supervisor waits behind a server whose own supervisor was killed.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from mlops_cli.domain.pipeline_runs import PipelineRun
from mlops_cli.domain.publishing import PublishedPipeline
from mlops_cli.engine.files import locked, write_atomic
from mlops_cli.engine.pipelines import layout, triggering
from mlops_cli.engine.pipelines.rest import RestServer, Starter
from mlops_cli.engine.pipelines.upkeep import Upkeep
from mlops_cli.engine.pipelines.waiting import Reserve
from mlops_cli.engine.processes import ProcessId, identify
from mlops_cli.engine.store import Store
from mlops_cli.errors import UsageError

RESTART_SECONDS = (0.1, 1.0, 5.0)
SIGNALS = {signal.SIGTERM, signal.SIGCHLD}
STABLE_SECONDS = 60.0
TICK_SECONDS = 0.5
ADDRESS, SUPERVISOR = "address.json", "supervisor.json"
SERVER_LOCK, SUPERVISOR_LOCK = "server.lock", "supervisor.lock"

log = logging.getLogger("mlops.pipelines")


class Address(Struct):
    """Where the server listens, and its process."""

    port: int
    server: ProcessId


def read_address(folder: Path) -> Address | None:
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode((folder / ADDRESS).read_bytes(), type=Address)
    return None


def read_supervisor(folder: Path) -> ProcessId | None:
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode((folder / SUPERVISOR).read_bytes(), type=ProcessId)
    return None


def supervise(home: Path) -> None:
    """Keep a server running until SIGTERM comes. It is forked, so that it starts at once."""
    folder = layout.server_dir(home)
    with locked(folder / SUPERVISOR_LOCK, wait=False) as mine:
        if not mine:
            return
        # Blocked signals are waited for: one that comes while a server is forked is not lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        write_atomic(folder / SUPERVISOR, msgspec.json.encode(identify(os.getpid())))
        failures = 0
        while True:
            began = time.monotonic()
            if not _keep_one(home) or not home.exists():
                return
            failures = 0 if time.monotonic() - began > STABLE_SECONDS else failures + 1
            log.error("the server has ended; it is started again")
            time.sleep(RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)])


def _keep_one(home: Path) -> bool:
    """Fork a server and wait for its end. False when it was ended because SIGTERM came."""
    pid = os.fork()
    if pid == 0:
        # The supervisor's lock must not live on in the server.
        os.closerange(3, 256)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        _serve_and_exit(home)
    if signal.sigwait(SIGNALS) == signal.SIGCHLD:
        os.waitpid(pid, 0)
        return True
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    return False


def _serve_and_exit(home: Path) -> None:
    try:
        serve(home)
    except Exception:
        log.exception("the server failed")
    logging.shutdown()
    os._exit(1)


def serve(home: Path) -> None:
    """Answer until the process is told to end. Waits for a server that is there already."""
    folder = layout.server_dir(home)
    with locked(folder / SERVER_LOCK):
        store = Store(home)
        upkeep, reserve = Upkeep(store), Reserve()

        def begin(version: PublishedPipeline, body: triggering.Body) -> PipelineRun:
            return triggering.trigger(store, version, triggering.request_of(body), reserve.start)

        before = read_address(folder)
        server = _listen(before.port if before else 0, store, begin)
        address = Address(server.server_address[1], identify(os.getpid()))
        write_atomic(folder / ADDRESS, msgspec.json.encode(address))
        log.info("serving on 127.0.0.1:%d (process %d)", address.port, os.getpid())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        while home.exists():
            upkeep.tick()
            reserve.fill(home)
            time.sleep(TICK_SECONDS)


def _listen(port: int, store: Store, begin: Starter) -> RestServer:
    """On the port it had before, so that addresses stay; on a free one when another program has taken that."""
    try:
        return RestServer(port, store, begin)
    except OSError as error:
        log.warning("port %d is taken (%s); the endpoints get another address", port, error.strerror)
        return RestServer(0, store, begin)


def main(home: Path) -> None:
    logging.basicConfig(stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    if not home.is_dir():
        raise UsageError(f"there is no state directory {home}")
    supervise(home)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
