"""Numbers of nodes and processes in a run configuration: a pipeline may have parameters for them."""

from __future__ import annotations

from mlops_cli.emulator.state import Document

_PLACES = {
    "MpiProcessCountPerNode": ("mpi", "processCountPerNode"),
    "TensorflowWorkerCount": ("tensorflow", "workerCount"),
    "TensorflowParameterServerCount": ("tensorflow", "parameterServerCount"),
}


def sized(configuration: Document, parameters: Document) -> Document:
    """The run configuration with the numbers that are among the parameters of a step."""
    given = {name: int(parameters[name]) for name in ("NodeCount", *_PLACES) if parameters.get(name)}
    nodes = {"nodeCount": given.pop("NodeCount")} if "NodeCount" in given else {}
    changed = {**configuration, **nodes}
    for name, count in given.items():
        section, key = _PLACES[name]
        changed[section] = (changed.get(section) or {}) | {key: count}
    return changed
