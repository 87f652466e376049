"""The result of a load test: what is shown, saved, compared and read again. Times in milliseconds."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from mlops_cli.errors import UsageError
from mlops_cli.writing import write_text

FORMAT = 1
_UNITS = {"worse": " %", "rps": "/s", "%": " %", "errors": "", "failures": ""}
"""By what a gate's text has in it, the first that fits; anything else is a time."""


class Latency(Struct):
    """From the start of a request (with a rate: from when it was due) to the end of its answer."""

    mean: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    max: float | None
    min: float | None
    sd: float | None


class Spread(Struct):
    """One phase of all requests that had it."""

    count: int
    min: float
    mean: float
    sd: float
    median: float
    p99: float
    max: float


class GateResult(Struct):
    """One gate; `value` is in its own unit: milliseconds, percent, or per second. None: nothing was measured."""

    gate: str
    value: float | None
    passed: bool

    @property
    def found(self) -> str:
        """The value with its unit; comparisons with a baseline ("at most 10% worse") are percent."""
        return "nothing was measured" if self.value is None else with_unit(self.gate, self.value)


class Slice(Struct):
    """One stretch of the run, from `start` seconds on. `buckets` is a histogram of seconds (`statistics`)."""

    start: float
    seconds: float
    requests: int
    failures: int
    buckets: dict[int, int]


class Self(Struct, omit_defaults=True):
    """The generator about itself. `cpu` is in cores; `limit` says why the numbers may be its own, not the
    server's; `late_us` how late it sent (open loop); `starved` how many requests waited for a connection."""

    cpu: float
    limit: str | None = None
    late_us: dict[str, float] | None = None
    starved: int = 0


class Settings(Struct, omit_defaults=True):
    """What was asked for."""

    concurrency: int
    keep_alive: bool
    timeout: float
    requests: int | None = None
    duration: float | None = None
    rate: float | None = None
    payloads: int = 0
    rows: int | None = None
    checked: bool = True
    verified: bool = False


class Result(Struct, omit_defaults=False):
    """`requests` counts all that ended, `requests_per_second` only right answers within the time of sending."""

    name: str
    url: str
    started_at: str
    settings: Settings
    seconds: float
    requests: int
    failures: int
    requests_per_second: float
    latency_ms: Latency
    phases_ms: dict[str, Spread]
    percentiles_ms: dict[str, float]
    failure_kinds: dict[str, int]
    failure_details: dict[str, int]
    statuses: dict[str, int]
    generator: Self
    received_bytes: int
    sent_bytes: int
    body_bytes: int
    document_bytes: int
    connections: int
    server: str = ""
    tls: str | None = None
    gates: list[GateResult] = field(default_factory=list)
    aborted: str | None = None
    interrupted: bool = False
    slices: list[Slice] = field(default_factory=list)
    format: Annotated[int, Meta(ge=1, le=FORMAT)] = FORMAT

    @property
    def error_percent(self) -> float:
        return 100 * self.failures / self.requests if self.requests else 100.0

    @property
    def all_failed(self) -> bool:
        return self.failures == self.requests > 0

    def missed(self) -> list[GateResult]:
        return [gate for gate in self.gates if not gate.passed]


def with_unit(gate: str, value: float) -> str:
    """What was found, in the unit of the gate's text."""
    text = gate.lower()
    return f"{value:.4g}{next((unit for part, unit in _UNITS.items() if part in text), ' ms')}"


def document(result: Result) -> dict[str, object]:
    """The result as scripts read it: everything but the slices."""
    plain: dict[str, object] = msgspec.to_builtins(result)
    del plain["slices"]
    return plain


def save(result: Result, path: Path) -> None:
    """Write the whole result as JSON. Raises StateError."""
    write_text(path, msgspec.json.encode(result).decode())


def load(path: Path) -> Result:
    """Read what `save` wrote. Raises UsageError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="write one with --save FILE") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is no saved result: {error}", hint="write one with --save FILE") from None
