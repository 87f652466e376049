"""Early termination: which runs of a search are not worth going on with."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from mlops_cli.emulator.state import Document

Histories = dict[str, list[float]]


def hopeless(policy: Document, histories: Histories) -> set[str]:
    """Runs to be canceled, given what every run has logged so far (more is better).

    The rules are those of Azure ML's documentation: a run is looked at whenever it has logged another
    `evaluation_interval` values, after `delay_evaluation` of them, and compared with what the others had
    reached by then.
    """
    rule = _RULES.get(str(policy.get("name")).lower())
    properties = policy.get("properties") or {}
    every, delay = properties.get("evaluation_interval") or 1, properties.get("delay_evaluation") or 0
    found = set()
    for run_id, history in histories.items():
        length = len(history) // every * every
        if rule is None or length < max(delay, 1):
            continue
        peers = {other: past[:length] for other, past in histories.items() if len(past) >= length}
        if rule(properties, run_id, peers):
            found.add(run_id)
    return found


def _bandit(properties: Document, run_id: str, peers: Histories) -> bool:
    best, own = max(max(past) for past in peers.values()), max(peers[run_id])
    if properties.get("slack_factor") is not None:
        factor = 1 + properties["slack_factor"]
        return bool(own < (best / factor if best > 0 else best * factor))
    return bool(own < best - (properties.get("slack_amount") or 0))


def _median(_: Document, run_id: str, peers: Histories) -> bool:
    averages = [statistics.fmean(past) for past in peers.values()]
    return max(peers[run_id]) < statistics.median(averages)


def _truncation(properties: Document, run_id: str, peers: Histories) -> bool:
    count = int(len(peers) * properties["truncation_percentage"] / 100)
    worst = sorted(peers, key=lambda other: peers[other][-1])[:count]
    return run_id in worst


_RULES: dict[str, Callable[[Document, str, Histories], bool]] = {
    "bandit": _bandit,
    "medianstopping": _median,
    "truncationselection": _truncation,
}
