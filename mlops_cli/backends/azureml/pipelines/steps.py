"""The steps of a pipeline run as ours: state, outputs, and what their own code wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import requests

from mlops_cli.backends.azureml import history
from mlops_cli.backends.azureml.pipelines.arguments import entry_of
from mlops_cli.backends.azureml.pipelines.data import port_name
from mlops_cli.backends.azureml.pipelines.facts import StepFacts
from mlops_cli.domain.pipeline_runs import Output, StepRun

if TYPE_CHECKING:
    from azureml.pipeline.core import StepRun as AzureStepRun

OWN_LOGS = (("logs/user/stdout/", "logs/user/error/"), ("user_logs/std_log", "azureml-logs/70_driver"))
"""Of a batch step what its processes write, as std_log has Azure's own talk, too; of a script all that there is."""
TRACEBACK = re.compile(r"(?<![|] )(  [+] Exception Group )?Traceback \(most recent call last\):$")
FRAME = re.compile(r'  File "(?P<file>[^"]*)", line ')
RUNPY = ("runpy>", "runpy.py")
CAUSES = ("The above exception was the direct cause", "During handling of the above exception")
MOST_DETAILS = 30
TIMEOUT_SECONDS = (10, 60)


def described(run_id: str, facts: StepFacts, begun: AzureStepRun | None) -> StepRun:
    if begun is None:
        return StepRun(run_id, facts.name, facts.type, history.state("NotStarted"), facts.waits_for)
    details = begun.get_details()
    seen = history.pipeline(begun, details)
    properties: dict[str, Any] = details.get("properties") or {}
    reused = properties.get("azureml.reusedpipelinerunid")
    return StepRun(
        run_id=run_id,
        name=facts.name,
        type=facts.type,
        status=seen.status,
        waits_for=facts.waits_for,
        attempt=0 if reused else 1,
        reused_from=reused,
        started_at=seen.started_at,
        ended_at=seen.ended_at,
        duration_seconds=seen.duration_seconds,
        error=seen.error,
        outputs=_outputs(facts, begun) if seen.status == "Completed" else {},
    )


def _outputs(facts: StepFacts, begun: AzureStepRun) -> dict[str, Output]:
    """Where the outputs are. Azure does not tell the hash of their content."""
    found = {}
    for port, output in begun.get_outputs().items():
        data = output.get_port_data_reference()
        found[output_name(facts, port)] = Output(f"{data.datastore.name}/{data.path_on_datastore}", "")
    return found


def output_name(facts: StepFacts, port: str) -> str:
    """The output's own name."""
    known = {port_name(facts.name, name): name for name in facts.outputs}
    return known.get(port) or port.removeprefix(f"{port_name(facts.name)}_")


def lines(step: AzureStepRun) -> Iterator[str]:
    """What the step's own code wrote; where there is nothing of it, all that Azure has.

    The SDK reads no log in which a byte is not UTF-8.
    """
    files = step.get_details()["logFiles"]
    kinds = ([name for name in sorted(files) if name.startswith(kind)] for kind in OWN_LOGS)
    for name in next(filter(None, kinds), sorted(files)):
        answer = requests.get(files[name], timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        yield from answer.content.decode(errors="replace").splitlines()


def traceback(step: AzureStepRun) -> list[str]:
    """The last traceback that the step wrote."""
    return last_traceback(list(lines(step)), entry_of(step.name))


def last_traceback(written: list[str], entry: str) -> list[str]:
    """With those of what caused it, and without the frames of `entry`, which stands before the script.

    What was printed before may have left its line open.
    """
    found: list[str] = []
    for line in written:
        if begins := TRACEBACK.search(line):
            found = [*found, begins[0]] if found and _goes_on(found) else [begins[0]]
        elif found:
            found.append(line)
    return list(_own(found, entry))[-MOST_DETAILS:]


def _own(written: list[str], entry: str) -> Iterator[str]:
    is_own = True
    for line in written:
        if frame := FRAME.match(line):
            is_own = not frame["file"].endswith((entry, *RUNPY))
        elif not line.startswith("    "):
            is_own = True
        if is_own:
            yield line


def _goes_on(found: list[str]) -> bool:
    return found[-1] == "" and found[-2].startswith(CAUSES)
