"""A service without a supervisor of ours, as in a container: its workers, restarted when they die.

    python -m mlops_cli.engine.serving.standalone FOLDER --port 5001 --workers 1

FOLDER holds service.json and what it names; it is only read. A service with key auth is given its keys in the
environment: SCORING_PRIMARY_KEY and, if there are two, SCORING_SECONDARY_KEY, or under the same names with
_FILE behind them the path of a file that holds the key. Log lines go to stdout as JSON. A service that collects
data does so in the folder SCORING_DATA_DIR, and not at all without one.

Exit codes: 0 ended by SIGTERM or SIGINT, 1 a worker dies again and again, 3 it cannot start.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import msgspec

from mlops_cli.engine.serving.spec import (
    BACKLOG,
    COLLECTED_FILE,
    EXIT_STARTUP_FAILED,
    LOG_FILE,
    SECRETS_FILE,
    SERVICE_FILE,
    Secrets,
    ServiceSpec,
    read_spec,
)
from mlops_cli.errors import MlopsError, SignInError, UsageError

PRIMARY, SECONDARY = "SCORING_PRIMARY_KEY", "SCORING_SECONDARY_KEY"
DATA_DIR = "SCORING_DATA_DIR"
SHORTEST_KEY = 16
MOST_DEATHS, DEATHS_SECONDS = 5, 60.0
_PATHS = ("entry_script", "model_dir", "schema_file", "fast")


def main() -> int:
    arguments = _parser().parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="scoring-") as state:
            install(arguments.folder.resolve(), Path(state), os.environ)
            return Group(Path(state), arguments.host, arguments.port, arguments.workers).run()
    except MlopsError as error:
        hint = f" ({error.hint})" if error.hint else ""
        os.write(2, f"cannot start: {error.message}{hint}\n".encode())
        return EXIT_STARTUP_FAILED


def install(folder: Path, state: Path, environ: Mapping[str, str]) -> ServiceSpec:
    """Make `state` a service directory for the files in `folder`. Raises StateError, SignInError, UsageError."""
    spec = read_spec(folder)
    spec.collect_data = spec.collect_data and DATA_DIR in environ
    places = {name: str(folder / value) for name in _PATHS if (value := getattr(spec, name)) is not None}
    (state / SERVICE_FILE).write_bytes(msgspec.json.encode(msgspec.structs.replace(spec, **places)))
    if spec.auth != "none":
        with open(os.open(state / SECRETS_FILE, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(msgspec.json.encode(read_keys(environ)))
    if spec.collect_data:
        (state / COLLECTED_FILE).symlink_to(_writable(Path(environ[DATA_DIR])) / COLLECTED_FILE)
    if _can_log_to_stdout():
        (state / LOG_FILE).symlink_to("/dev/stdout")
    return spec


def read_keys(environ: Mapping[str, str]) -> Secrets:
    """Both keys; one that is given alone is both. SignInError when there is none, or one that is too short."""
    primary = _key(environ, PRIMARY)
    if not primary:
        hint = f"set {PRIMARY}, or {PRIMARY}_FILE to the path of a file"
        raise SignInError("the service has no key", hint=hint)
    secondary = _key(environ, SECONDARY) or primary
    if min(len(primary), len(secondary)) < SHORTEST_KEY:
        hint = "make one: openssl rand -hex 16"
        raise SignInError(f"a key needs at least {SHORTEST_KEY} characters", hint=hint)
    return Secrets(primary, secondary, "")


class Group:
    """The workers of one service, each on a listening socket of its own that outlives it."""

    def __init__(self, state: Path, host: str, port: int, workers: int) -> None:
        self._state = state
        # Sharing a port is for our workers: with another service it would be every other request.
        _bound(host, port, shared=False).close()
        first = _listen(host, port)
        address = first.getsockname()
        self._sockets = [first, *(_listen(host, address[1]) for _ in range(workers - 1))]
        self._workers: dict[int, tuple[subprocess.Popen[bytes], socket.socket]] = {}
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self._stopping = False

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for listening in self._sockets:
            self._start(listening)
        code = 0
        while self._workers:
            pid, status = os.waitpid(-1, 0)
            if pid not in self._workers:
                continue
            worker, listening = self._workers.pop(pid)
            worker.returncode = os.waitstatus_to_exitcode(status)
            if not self._stopping:
                code = self._replace(worker.returncode, listening)
        return code

    def _start(self, listening: socket.socket) -> None:
        fd = listening.fileno()
        command = [sys.executable, "-P", "-m", "mlops_cli.engine.serving", str(self._state), "--fd", str(fd)]
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith((PRIMARY, SECONDARY))
        }
        worker = subprocess.Popen(command, pass_fds=[fd], stdin=subprocess.DEVNULL, env=kept)
        self._workers[worker.pid] = (worker, listening)
        if self._stopping:
            worker.send_signal(signal.SIGTERM)

    def _replace(self, ended: int, listening: socket.socket) -> int:
        """Start another worker, or end them all when that helps nobody; the exit code then."""
        self._deaths.append(time.monotonic())
        often = len(self._deaths) == MOST_DEATHS and self._deaths[-1] - self._deaths[0] < DEATHS_SECONDS
        if ended == EXIT_STARTUP_FAILED or often:
            self._stop()
            return EXIT_STARTUP_FAILED if ended == EXIT_STARTUP_FAILED else 1
        self._start(listening)
        return 0

    def _stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self._stopping = True
        for worker, _ in self._workers.values():
            worker.send_signal(signal.SIGTERM)


def _listen(host: str, port: int) -> socket.socket:
    listening = _bound(host, port, shared=True)
    listening.listen(BACKLOG)
    return listening


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shared))
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}", hint="choose --port") from error
    return made


def _key(environ: Mapping[str, str], name: str) -> str:
    place = environ.get(f"{name}_FILE")
    if not place:
        return environ.get(name, "").strip()
    try:
        return Path(place).read_text().strip()
    except OSError as error:
        raise SignInError(f"cannot read {name}_FILE {place}: {error.strerror}") from error


def _writable(folder: Path) -> Path:
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        hint = "give a folder that the service may write to"
        raise UsageError(f"cannot collect data in {DATA_DIR} {folder}", hint=hint)
    return folder.resolve()


def _can_log_to_stdout() -> bool:
    """Not when stdout is closed or a socket."""
    try:
        os.close(os.open("/dev/stdout", os.O_WRONLY | os.O_APPEND))
    except OSError:
        return False
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="serve.py", description="Serve a model over HTTP.")
    parser.add_argument("folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=_number(0, 65_535), default=5001, help="port to listen on (%(default)s)"
    )
    parser.add_argument("--workers", type=_number(1, 64), default=1, help="processes (%(default)s)")
    return parser


def _number(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text} is not from {least} to {most}")
        return int(text)

    return number


if __name__ == "__main__":
    sys.exit(main())
