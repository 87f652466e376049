"""`mlops bench` with --probe, --find-limit and --sizing, and `mlops bench compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_cli.cli.bench_output import show
from mlops_cli.status import ExitCode

if TYPE_CHECKING:
    from mlops_cli.bench.limit import Capacity, Footprint
    from mlops_cli.cli.app import App
    from mlops_cli.domain.gates import Gate
    from mlops_cli.services.bench.subject import Options


def probe(app: App, options: Options) -> int:
    """Exit code 8 when the service broke, or took what it should have refused."""
    from mlops_cli.bench import probe as probing
    from mlops_cli.bench.report import text
    from mlops_cli.services.bench.subject import example_row, find

    service = find(app.config, lambda: app.backend, options, app.cwd)
    aim = service.aim
    wanted = probing.probes(example_row(service), has_key="authorization" in aim.headers)
    found = list(probing.run(aim.target, aim.headers, wanted, options.timeout))
    bad = sum(not finding.ok for finding in found)
    shown = {"name": aim.name, "url": aim.target.url, "probes": found, "bad": bad}
    show(app, shown, text.findings(found))
    if bad:
        app.say(f"Error: {bad} of {len(found)} payloads were not met as they should be")
    return ExitCode.GATE_MISSED if bad else ExitCode.OK


def find_limit(app: App, options: Options, gate: str) -> int:
    """Exit code 8 when no rate holds the gate."""
    from mlops_cli.bench.report import text
    from mlops_cli.domain.gates import parse_all

    found, _ = _search(app, options, parse_all([gate]))
    show(app, found, text.capacity(found))
    return ExitCode.OK if found.rate else ExitCode.GATE_MISSED


def sizing(app: App, options: Options, wanted: str) -> int:
    """Exit code 8 when no number of workers would do."""
    from mlops_cli.bench.limit import parse_sizing, size
    from mlops_cli.bench.report import text

    rps, gates = parse_sizing(wanted)
    capacity, footprint = _search(app, options, gates)
    found = size(rps, capacity, footprint)
    show(app, {"sizing": found, "capacity": capacity}, text.sizing(found))
    return ExitCode.OK if found.feasible else ExitCode.GATE_MISSED


def compare(app: App, blue: Options, green: Options) -> int:
    from mlops_cli.bench.compare import compare as compare_results
    from mlops_cli.bench.report import text
    from mlops_cli.bench.result import document
    from mlops_cli.bench.session import Session, interleave
    from mlops_cli.services.bench import run as service
    from mlops_cli.services.bench.subject import find

    plans = [service.load(app.config, options) for options in (blue, green)]
    one, other = (find(app.config, lambda: app.backend, plan.options, app.cwd) for plan in plans)
    load, manner, warmup, _ = plans[0]
    with Session(one.aim, manner) as left, Session(other.aim, manner) as right:
        for session in (left, right):
            session.warm_up(warmup)
        before, now = interleave(left, right, load)
    found = compare_results(before, now)
    shown: dict[str, Any] = {"blue": document(before), "green": document(now), "differences": found}
    failed = [f"{r.name}: {r.failures:,} of {r.requests:,} failed" for r in (before, now) if r.failures]
    show(app, shown, [*text.differences(found, before.name, now.name), *failed])
    return ExitCode.INTERRUPTED if before.interrupted or now.interrupted else ExitCode.OK


def _search(app: App, options: Options, gates: list[Gate]) -> tuple[Capacity, Footprint]:
    from mlops_cli.bench.report import text
    from mlops_cli.bench.session import Session
    from mlops_cli.services.bench import limit as bench_limit
    from mlops_cli.services.bench import run as service
    from mlops_cli.services.bench.subject import find

    plan = service.load(app.config, options, open_loop=True)
    found = find(app.config, lambda: app.backend, plan.options, app.cwd)
    app.say(f"{found.aim.target.url}: payloads from {found.drawn}")
    with Session(found.aim, plan.manner) as session:
        session.warm_up(plan.warmup)
        return bench_limit.search(
            session, found, gates, options.duration, lambda step: app.say(text.step(step))
        )
