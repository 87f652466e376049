"""One target, one set of payloads, any number of runs over the same connections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from mlops_cli.bench.checks import check_answer, check_status
from mlops_cli.bench.generator import Generator, Observer
from mlops_cli.bench.payloads import build
from mlops_cli.bench.plan import Load, Manner
from mlops_cli.bench.recording import Recording, joined
from mlops_cli.bench.result import Result, Settings
from mlops_cli.bench.summary import summarise
from mlops_cli.bench.target import Target

ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Aim:
    """What is loaded and with what. `expected` are the right answers to `bodies`; `checked` looks at the JSON."""

    name: str
    target: Target
    bodies: Sequence[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    expected: Sequence[Any] | None = None
    checked: bool = True


class Session:
    """A generator and what it is aimed at. Close it, or use it as a context."""

    def __init__(self, aim: Aim, manner: Manner, observe: Observer | None = None) -> None:
        self._aim = aim
        self._manner = manner
        payloads = build(
            aim.target, aim.bodies, aim.headers, keep_alive=manner.keep_alive, expected=aim.expected
        )
        self._rows = payloads[0].rows
        self._mean_size = sum(payload.size for payload in payloads) / len(payloads)
        check = check_answer if aim.checked else check_status
        self._generator = Generator(aim.target, manner, payloads, check, observe)
        self.recording = Recording()

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._generator.close()

    def warm_up(self, requests: int) -> Recording:
        """Send some requests that are not counted; the connections stay open."""
        return self._generator.run(Load(requests=requests), watched=False)

    def record(self, load: Load) -> Recording:
        return self._generator.run(load)

    def measure(self, load: Load) -> Result:
        return self.result(load, self.record(load))

    def result(self, load: Load, recording: Recording) -> Result:
        """The recording as a result; it stays at hand as `recording`."""
        self.recording = recording
        aim, manner = self._aim, self._manner
        settings = Settings(
            concurrency=manner.concurrency,
            keep_alive=manner.keep_alive,
            timeout=manner.timeout,
            requests=load.requests,
            duration=load.duration,
            rate=load.rate,
            payloads=len(aim.bodies),
            rows=self._rows,
            checked=aim.checked,
            verified=aim.expected is not None,
        )
        sent = round(self._mean_size * len(recording.latency))
        result = summarise(recording, settings, name=aim.name, url=aim.target.url, sent_bytes=sent)
        result.tls = self._generator.tls_version
        return result


def interleave(left: Session, right: Session, load: Load) -> tuple[Result, Result]:
    """Load two targets in turns (A B, B A, ...), so that what else happens on the machine meets both alike."""
    part = Load(
        requests=None if load.requests is None else max(1, load.requests // ROUNDS),
        duration=None if load.duration is None else load.duration / ROUNDS,
        rate=load.rate,
    )
    recordings: dict[Session, list[Recording]] = {left: [], right: []}
    for turn in range(ROUNDS):
        for session in (left, right) if turn % 2 == 0 else (right, left):
            recordings[session].append(session.record(part))
        if recordings[left][-1].interrupted or recordings[right][-1].interrupted:
            break
    return left.result(load, joined(recordings[left])), right.result(load, joined(recordings[right]))
