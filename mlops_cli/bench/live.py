"""How it goes, on one line of a terminal, twice a second.

Drawn by hand: a progress library takes milliseconds per frame, and the loop that measures would wait for it.
"""

from collections import deque
from typing import TextIO

from mlops_cli.bench.recording import Recording
from mlops_cli.bench.statistics import percentile

REFRESH_SECONDS = 0.5
LOOKED_AT = 400
WIDTH = 79
_BARS = "▁▂▃▄▅▆▇█"


class LiveLine:
    """An observer (`generator.Observer`) that rewrites the last line of `stream`."""

    def __init__(self, stream: TextIO, *, requests: int | None, duration: float | None) -> None:
        self._stream = stream
        self._requests = requests
        self._duration = duration
        self._next = 0.0
        self._seen = 0
        self._seen_at = 0.0
        self._rates: deque[float] = deque(maxlen=16)

    def __call__(self, recording: Recording, now: float) -> None:
        if now < self._next:
            return
        self._next = now + REFRESH_SECONDS
        self._stream.write(f"\r{self._line(recording, now):<{WIDTH}.{WIDTH}}")
        self._stream.flush()

    def clear(self) -> None:
        self._stream.write(f"\r{'':{WIDTH}}\r")
        self._stream.flush()

    def _line(self, recording: Recording, now: float) -> str:
        done = len(recording.latency)
        if done < self._seen:
            self._seen, self._seen_at = 0, 0.0
        since = self._seen_at or recording.started
        self._rates.append((done - self._seen) / max(now - since, 1e-9))
        self._seen, self._seen_at = done, now
        recent = sorted(recording.latency[-LOOKED_AT:])
        times = f"p50 {_ms(recent, 50)}  p99 {_ms(recent, 99)}" if recent else "no answer yet"
        share = f"{self._share(done, now - recording.started):4.0%}"
        failed = f"  failed {len(recording.failed):,}" if recording.failed else ""
        return f"{share}  {done:,} requests  {self._rates[-1]:,.0f}/s  {times}{failed}  {self._bars()}"

    def _share(self, done: int, seconds: float) -> float:
        by_count = done / self._requests if self._requests else 0.0
        by_time = seconds / self._duration if self._duration else 0.0
        return min(max(by_count, by_time), 1.0)

    def _bars(self) -> str:
        highest = max(*self._rates, 1e-9)
        return "".join(_BARS[round(rate / highest * (len(_BARS) - 1))] for rate in self._rates)


def _ms(ordered: list[float], percent: float) -> str:
    return f"{percentile(ordered, percent) * 1e3:.3g} ms"
