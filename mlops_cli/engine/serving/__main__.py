"""A worker process: python -m mlops_cli.engine.serving SERVICE_DIR --fd N [--fd M ...].

Exit codes: 0 drained after SIGTERM, 3 could not start (StartupFailure on stderr and --ready-fd), 75 worn out.
"""

import argparse
import faulthandler
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

import msgspec

from mlops_cli.engine.serving.spec import (
    EXIT_STARTUP_FAILED,
    EntryFailedError,
    StartupFailure,
    read_spec,
)
from mlops_cli.engine.serving.worker import Worker
from mlops_cli.errors import MlopsError

THREAD_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def main() -> int:
    arguments = _parser().parse_args()
    faulthandler.enable()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        worker = _load(arguments.service_dir.resolve())
    except MlopsError as error:
        failure = error.failure if isinstance(error, EntryFailedError) else None
        _report(failure or StartupFailure("ServiceFiles", error.message, error.hint), arguments.ready_fd)
        return EXIT_STARTUP_FAILED
    for fd in arguments.fd:
        os.set_inheritable(fd, False)
    listening = [socket.socket(fileno=fd) for fd in arguments.fd]
    return worker.run(listening, arguments.ready_fd, arguments.alive_fd, arguments.on_orphaned)


def _load(service_dir: Path) -> Worker:
    spec = read_spec(service_dir)
    for name in THREAD_POOLS:
        os.environ.setdefault(name, str(spec.threads))
    worker = Worker(service_dir, spec)
    try:
        worker.load()
    except MlopsError as error:
        text = "".join(traceback.format_exception(error.__cause__ or error)).rstrip()
        worker.log.write("ERROR", "service", f"cannot start: {error.message}\n{text}")
        raise
    return worker


def _report(failure: StartupFailure, ready_fd: int | None) -> None:
    line = msgspec.json.encode(failure) + b"\n"
    os.write(2, line)
    if ready_fd is not None:
        os.write(ready_fd, line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mlops_cli.engine.serving", description="A scoring worker."
    )
    parser.add_argument("service_dir", type=Path)
    parser.add_argument(
        "--fd", type=int, action="append", required=True, help="an inherited socket to listen on"
    )
    parser.add_argument("--ready-fd", type=int, help="where to write the line that says ready, or why not")
    parser.add_argument("--alive-fd", type=int, help="a pipe that ends when the supervisor does")
    parser.add_argument(
        "--on-orphaned",
        nargs=argparse.REMAINDER,
        default=[],
        metavar="COMMAND",
        help="what to start, once, when --alive-fd ends; comes last",
    )
    return parser


if __name__ == "__main__":
    code = main()
    # A thread of the entry script, stuck or not a daemon, must not keep the process.
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream:
            stream.flush()
    os._exit(code)
