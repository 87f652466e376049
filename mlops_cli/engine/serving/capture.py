"""What the entry script prints and logs becomes lines of the service's log."""

import io
import logging
import sys
import threading

from mlops_cli.domain.endpoints import Level
from mlops_cli.engine.serving.logs import ServiceLog


class LineCapture(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr: each whole line is logged; each thread has its own rest."""

    def __init__(self, log: ServiceLog, level: Level) -> None:
        self._log = log
        self._level: Level = level
        self._rest = threading.local()

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        *lines, rest = (getattr(self._rest, "text", "") + text).split("\n")
        self._rest.text = rest
        for line in lines:
            if line.strip():
                self._log.write(self._level, "user", line.rstrip("\r"))
        return len(text)

    def end_line(self) -> None:
        """Log what was written without a newline."""
        if getattr(self._rest, "text", ""):
            self.write("\n")


class LogHandler(logging.Handler):
    """Hands records of the logging module on, with their own level."""

    def __init__(self, log: ServiceLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.write(_level(record.levelno), "user", self.format(record))


def _level(number: int) -> Level:
    if number >= logging.ERROR:
        return "ERROR"
    if number >= logging.WARNING:
        return "WARNING"
    return "INFO" if number >= logging.INFO else "DEBUG"


def capture(log: ServiceLog) -> None:
    """From now on prints are INFO, stderr is WARNING, and the root logger (INFO and above) writes to `log`."""
    sys.stdout = LineCapture(log, "INFO")
    sys.stderr = LineCapture(log, "WARNING")
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[LogHandler(log)], force=True)


def end_lines() -> None:
    """Log the unfinished lines of this thread, before it turns to another request."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, LineCapture):
            stream.end_line()
