"""The server process: `python -m mlops_cli.emulator FOLDER [PROCESS]`.

Ends on SIGTERM or SIGINT, and with the process (a `ProcessId` as JSON) that it was started for.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import msgspec

from mlops_cli.emulator import client_modules
from mlops_cli.emulator.app import App
from mlops_cli.emulator.azure.pipeline import ticker
from mlops_cli.emulator.azure.service.services import stop_all
from mlops_cli.emulator.instance import Instance
from mlops_cli.emulator.state import State
from mlops_cli.emulator.wire.proxy import Proxy
from mlops_cli.engine.files import locked, write_atomic
from mlops_cli.engine.processes import ProcessId, identify

LOOK_SECONDS = 1.0


def serve(folder: Path, until: ProcessId | None = None) -> int:
    """Serve the instance below `folder` until told to stop; 3 when another process does so already."""
    instance = Instance(folder)
    with locked(instance.lock, wait=False) as alone:
        if not alone:
            return 3
        identity = instance.identity()
        state = State(instance.state)
        state.blobs.sweep()
        client_modules.install(instance.client_modules)
        app = App(instance, identity, state)
        with _bound(identity.port, instance, app) as proxy:
            _stop_on_signal(proxy)
            if until:
                threading.Thread(target=_stop_after, args=(until, proxy), daemon=True).start()
            if identity.port != proxy.port:
                identity.port = proxy.port
                instance.save(identity)
            write_atomic(instance.server_file, msgspec.json.encode(identify(os.getpid())))
            ticker.resume(app)
            proxy.serve_forever(poll_interval=0.1)
            stop_all(app)
        instance.server_file.unlink(missing_ok=True)
        state.close()
    return 0


def _bound(port: int, instance: Instance, app: App) -> Proxy:
    """The port of last time where it is free, so that environments already handed out stay right."""
    authority = instance.authority()
    try:
        return Proxy(port, authority, app.answer)
    except OSError:
        return Proxy(0, authority, app.answer)


def _stop_on_signal(proxy: Proxy) -> None:
    def stop(_: int, __: FrameType | None) -> None:
        threading.Thread(target=proxy.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _stop_after(process: ProcessId, proxy: Proxy) -> None:
    while process.is_alive():
        time.sleep(LOOK_SECONDS)
    proxy.shutdown()


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("mlops.emulator").setLevel(os.environ.get("MLOPS_EMULATOR_LOG", "INFO"))
    until = [msgspec.json.decode(text, type=ProcessId) for text in sys.argv[2:]]
    sys.exit(serve(Path(sys.argv[1]), *until))
