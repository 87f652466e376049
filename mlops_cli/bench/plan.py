"""How much load, and how connections behave."""

from dataclasses import dataclass

AZURE_TIMEOUT_SECONDS = 60.0
"""Azure ML's front end gives up on a request after this long."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How requests are sent: at most `concurrency` at once, each given `timeout` seconds."""

    concurrency: int = 1
    timeout: float = AZURE_TIMEOUT_SECONDS
    keep_alive: bool = True


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent: `requests` in all or for `duration` seconds, whichever comes first.

    With `rate` (requests per second) the loop is open: requests are due at fixed times and latency counts from
    there, so that a server that stalls cannot slow the questions down. Without it the loop is closed: a
    connection asks again when it has its answer.
    """

    requests: int | None = None
    duration: float | None = None
    rate: float | None = None
