"""`python -m mlops_cli.engine.endpoints SERVICE_DIR --fds 3,4`: supervise one endpoint.

The file descriptors are its listening sockets. A second supervisor exits at once.
"""

import argparse
import os
from pathlib import Path

from mlops_cli.engine.endpoints import layout, sockets
from mlops_cli.engine.endpoints.supervisor import Supervisor
from mlops_cli.engine.files import locked
from mlops_cli.engine.processes import identify


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m mlops_cli.engine.endpoints")
    parser.add_argument("service", type=Path)
    parser.add_argument("--fds", required=True, help="listening sockets, separated by commas")
    given = parser.parse_args()
    service = given.service.resolve()
    with locked(layout.supervisor_lock(service), wait=False) as mine:
        if mine:
            os.chdir(service)
            listeners = sockets.adopt([int(fd) for fd in given.fds.split(",")])
            Supervisor(service, listeners, identify(os.getpid())).run()


if __name__ == "__main__":
    main()
