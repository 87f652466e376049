"""A result for eyes and scripts that know `ab`: its fields, in its order, then what ab does not know.

Failed requests are ab's four kinds: Connect (no connection), Receive (it broke off), Length (an answer that is
wrong) and Exceptions (a timeout, or no HTTP). Times are milliseconds with decimals, which ab rounds away.
"""

from collections.abc import Iterator
from textwrap import wrap
from urllib.parse import urlsplit

from mlops_cli.bench.compare import Difference, figure
from mlops_cli.bench.limit import Capacity, Sizing, Step
from mlops_cli.bench.probe import Finding
from mlops_cli.bench.result import GateResult, Result, Spread

WIDTH = 80


def lines(result: Result) -> list[str]:
    return [
        *_server(result),
        "",
        *_totals(result),
        "",
        *_times(result),
        "",
        *_served_within(result),
        *_failures(result),
        *_own_view(result),
        *gates(result.gates),
    ]


def gates(judged: list[GateResult]) -> list[str]:
    if not judged:
        return []
    width = max(20, *(len(gate.gate) for gate in judged))
    return ["", "Gates", *(f"  {_mark(gate)}  {gate.gate:<{width}} {gate.found}" for gate in judged)]


def differences(found: list[Difference], before: str, now: str) -> list[str]:
    head = f"{'':<12}{before[:14]:>14}{now[:14]:>14}   change   95 % interval"
    return [head, *(_difference(difference) for difference in found)]


def step(done: Step) -> str:
    held = "held" if not done.missed else f"missed {', '.join(done.missed)}"
    p95 = "-" if done.p95_ms is None else f"{done.p95_ms:.3g} ms"
    return f"  {done.rate:>9,.0f}/s  answered {done.answered:>9,.0f}/s  p95 {p95:>9}  {held}"


def capacity(found: Capacity) -> list[str]:
    gate = ", ".join(found.gates)
    if found.rate == 0:
        return [f"no rate that was tried holds {gate}"]
    own = [f"  but {found.generator_limit}"] if found.generator_limit else []
    return [f"{found.rate:,.0f} requests/s hold {gate}", *own]


def sizing(found: Sizing) -> list[str]:
    wanted = f"{found.rps:g} requests/s with {', '.join(found.gates)}"
    if not found.feasible:
        return [f"{wanted}: not possible", f"  {found.note}"]
    cores = "unknown (no local process seen)" if found.cores is None else f"{found.cores:.2f}"
    memory = "unknown (no local process seen)" if found.memory_mb is None else f"{found.memory_mb:,.0f} MB"
    return [
        f"{wanted} needs",
        f"  workers  {found.workers}  (one holds {found.capacity_per_worker:,.0f}/s)",
        f"  cores    {cores}",
        f"  memory   {memory}",
        f"  {found.note}",
    ]


def findings(found: list[Finding]) -> list[str]:
    return [f"{'':4}{'status':>6}  {'ms':>7}  payload", *(_finding(finding) for finding in found)]


def _server(result: Result) -> Iterator[str]:
    parts = urlsplit(result.url)
    yield _field("Server Software", result.server)
    yield _field("Server Hostname", str(parts.hostname))
    yield _field("Server Port", str(parts.port or (443 if parts.scheme == "https" else 80)))
    if result.tls:
        yield _field("SSL/TLS Protocol", result.tls)
    yield ""
    yield _field("Document Path", parts.path + (f"?{parts.query}" if parts.query else "") or "/")
    yield _field("Document Length", f"{result.document_bytes} bytes")


def _totals(result: Result) -> Iterator[str]:
    settings, seconds = result.settings, result.seconds
    good = result.requests - result.failures
    yield _field("Concurrency Level", str(settings.concurrency))
    yield _field("Time taken for tests", f"{seconds:.3f} seconds")
    yield _field("Complete requests", str(result.requests))
    yield _field("Failed requests", str(result.failures))
    if result.failures:
        yield _failed_kinds(result.failure_kinds)
    other = sum(count for status, count in result.statuses.items() if status[0] != "2")
    if other:
        yield _field("Non-2xx responses", str(other))
    if settings.keep_alive:
        yield _field("Keep-Alive requests", str(max(sum(result.statuses.values()) - result.connections, 0)))
    yield _field("Total transferred", f"{result.received_bytes} bytes")
    yield _field("Total body sent", str(result.sent_bytes))
    yield _field("HTML transferred", f"{result.body_bytes} bytes")
    yield _field("Requests per second", f"{result.requests_per_second:.2f} [#/sec] (mean)")
    if good:
        each = seconds / good * 1e3
        mean = result.latency_ms.mean if settings.rate else each * settings.concurrency
        yield _field("Time per request", f"{mean:.3f} [ms] (mean)")
        yield _field("Time per request", f"{each:.3f} [ms] (mean, across all concurrent requests)")
    yield _field("Transfer rate", f"{result.received_bytes / 1024 / seconds:.2f} [Kbytes/sec] received")
    yield f"{'':24}{result.sent_bytes / 1024 / seconds:.2f} kb/s sent"
    yield f"{'':24}{(result.received_bytes + result.sent_bytes) / 1024 / seconds:.2f} kb/s total"


def _failed_kinds(kinds: dict[str, int]) -> str:
    def count(*names: str) -> int:
        return sum(kinds.get(name, 0) for name in names)

    return (
        f"   (Connect: {count('connect')}, Receive: {count('closed')}, "
        f"Length: {count('answer', 'status')}, Exceptions: {count('timeout', 'protocol')})"
    )


def _times(result: Result) -> Iterator[str]:
    yield "Connection Times (ms)"
    yield f"{'':14}{'min':>8}  {'mean[+/-sd]':>16} {'median':>8} {'max':>9}"
    names = ("connect", "processing", "waiting", "total", "model", "transfer", "tls")
    for name in names:
        spread = result.phases_ms.get(name)
        if spread and not (name == "transfer" and spread.max == 0):
            yield _spread(name.capitalize() if name != "tls" else "TLS", spread)


def _spread(name: str, times: Spread) -> str:
    middle = f"{times.mean:.3f} {times.sd:>7.3f}"
    return f"{name + ':':<14}{times.min:>8.3f}  {middle:>16} {times.median:>8.3f} {times.max:>9.3f}"


def _served_within(result: Result) -> Iterator[str]:
    if not result.percentiles_ms:
        return
    yield "Percentage of the requests served within a certain time (ms)"
    for name, value in result.percentiles_ms.items():
        longest = " (longest request)" if name == "100" else ""
        yield f"{name:>5}% {value:>9.3f}{longest}"
    if result.settings.rate:
        yield "  counted from when each request was due"


def _failures(result: Result) -> list[str]:
    if not result.failure_details:
        return []
    shown = list(result.failure_details.items())[:5]
    return ["", "What failed", *(f"  {count:>7,}  {detail}"[:80] for detail, count in shown)]


def _own_view(result: Result) -> Iterator[str]:
    own = result.generator
    if result.aborted:
        yield from ("", f"Stopped early: {result.aborted}")
    if own.late_us:
        late = f"p50 {own.late_us['p50']:.1f}, p99 {own.late_us['p99']:.1f} us late"
        yield from ("", f"Sent: {late}; {own.cpu:.2f} cores used for sending")
    if own.limit:
        yield from ("", *wrap(f"Note: {own.limit}.", WIDTH))


def _difference(found: Difference) -> str:
    unit = "" if found.metric == "requests/s" else " ms"
    values = f"{figure(found.before):>11}{unit:<3}{figure(found.now):>11}{unit:<3}"
    interval = f"{found.low:+.1%} to {found.high:+.1%}"
    return f"{found.metric:<12}{values}  {found.change:>+7.1%}   {interval:<19} {found.verdict}"


def _finding(found: Finding) -> str:
    mark = "ok  " if found.ok else "BAD "
    status = found.status if found.status is not None else "-"
    said = f": {found.said}" if found.said else ""
    return f"{mark}{status!s:>6}  {found.milliseconds:>7.1f}  {found.probe}{said}"[:80]


def _field(name: str, value: str) -> str:
    return f"{name + ':':<24}{value}".rstrip()


def _mark(gate: GateResult) -> str:
    return "passed" if gate.passed else "MISSED"
