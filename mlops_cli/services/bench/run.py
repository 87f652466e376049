"""What `bench` measures on any backend: how much load, which gates, what it is compared with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from mlops_cli.bench.compare import Difference, compare, regressions
from mlops_cli.bench.gates import judge, reason_to_abort
from mlops_cli.bench.generator import Observer
from mlops_cli.bench.plan import Load, Manner
from mlops_cli.bench.recording import Recording
from mlops_cli.bench.result import GateResult, Result
from mlops_cli.config import LoadedProfile
from mlops_cli.domain.gates import Gate, parse_all
from mlops_cli.services.bench.subject import Options

OPEN_LOOP_CONNECTIONS = 50
"""A fixed rate needs connections in reserve for the moments when the server is slow."""


class Plan(NamedTuple):
    """How much, how, how many requests before that, and the options with their connections known."""

    load: Load
    manner: Manner
    warmup: int
    options: Options


def load(config: LoadedProfile, options: Options, *, open_loop: bool = False) -> Plan:
    """What is not given comes from the profile."""
    section = config.profile.bench
    counted = options.requests is None and options.duration is None
    amount = Load(section.requests if counted else options.requests, options.duration, options.rate)
    connections = options.concurrency
    if connections is None:
        waiting = open_loop or options.rate is not None
        connections = max(section.concurrency, OPEN_LOOP_CONNECTIONS) if waiting else section.concurrency
    manner = Manner(connections, options.timeout, options.keep_alive)
    warmup = section.warmup_requests if options.warmup is None else options.warmup
    return Plan(amount, manner, warmup, replace(options, connections=connections))


def gates(config: LoadedProfile, given: Sequence[str]) -> list[Gate]:
    """Those given, otherwise the profile's."""
    return parse_all(tuple(given) or tuple(config.profile.bench.gates))


def observer(live: Observer | None, abort_on: list[Gate]) -> Observer | None:
    """What looks at the run while it goes on."""
    if live is None and not abort_on:
        return None

    def look(recording: Recording, now: float) -> str | None:
        if live:
            live(recording, now)
        return reason_to_abort(abort_on, recording, now) if abort_on else None

    return look


def against_baseline(before: Result, now: Result, most: float) -> list[GateResult]:
    """One gate per figure: is it worse by more than `most`, even at the kinder end of its interval?"""
    worse = {difference.metric for difference in regressions(before, now, most)}
    return [
        GateResult(f"{d.metric} at most {most:.0%} worse", _percent_worse(d), d.metric not in worse)
        for d in compare(before, now)
        if d.metric != "mean"
    ]


def unlike(before: Result, now: Result) -> list[str]:
    """Settings in which two results differ: comparing them says less."""
    names = ("concurrency", "keep_alive", "rate", "rows")
    pairs = [(name, getattr(before.settings, name), getattr(now.settings, name)) for name in names]
    return [f"{name} was {_said(old)}, now {_said(new)}" for name, old, new in pairs if old != new]


def _said(setting: float | None) -> str:
    return "none" if setting is None else f"{setting:g}"


def judged(result: Result, wanted: list[Gate]) -> Result:
    result.gates = judge(wanted, result)
    return result


def _percent_worse(difference: Difference) -> float:
    kinder = -difference.high if difference.metric == "requests/s" else difference.low
    return 100 * kinder
