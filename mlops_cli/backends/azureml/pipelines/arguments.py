"""The arguments of a script as Azure takes them: each a text, a parameter or a path, whole.

Where a parameter or a path is only a part of one, `entry` is put beside the script and puts it together. It also
gives types to the rows of a step's output, which Azure reads as text.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml.pipelines import entry, tables
from mlops_cli.domain.pipelines import BatchStep, ScriptStep, Step
from mlops_cli.domain.references import as_text, pieces, references
from mlops_cli.engine.pipelines.planning import script_in_snapshot

if TYPE_CHECKING:
    from mlops_cli.backends.azureml.pipelines.build import Builder


def open_names(raw: dict[str, Any]) -> set[str]:
    """The parameters in a step's arguments, which a run of a published pipeline may choose."""
    found = [one for argument in raw.get("arguments", []) for one in references(as_text(argument))]
    return {name for kind, name in found if kind == "parameters"}


def needs_joining(raw: dict[str, Any]) -> bool:
    """Whether a reference is a part of an argument."""
    cut = [pieces(as_text(argument)) for argument in raw.get("arguments", [])]
    return any(len(parts) > 1 and any(isinstance(part, tuple) for part in parts) for parts in cut)


def needs_entry(step: Step, raw: dict[str, Any]) -> bool:
    """Whether `entry` stands before the script of the step, in a copy of the code that is the step's alone."""
    return needs_joining(raw) or reads_texts(step)


def reads_texts(step: Step) -> bool:
    """Whether the mini-batches of the step are of another step's output."""
    return isinstance(step, BatchStep) and any(tables.outputs_read([step]))


class Arguments:
    """Script and arguments of one step whose code lies in `source`; `known` are inputs and outputs by name."""

    def __init__(self, builder: Builder, raw: dict[str, Any], known: dict[str, dict[str, Any]]) -> None:
        self._builder, self._known = builder, known
        self._cut = [pieces(as_text(argument)) for argument in raw.get("arguments", [])]
        self._joined = needs_joining(raw)

    def script(self, step: ScriptStep | BatchStep, source: Path) -> str:
        """What Azure is to run: the step's own script, or `entry` before it."""
        own = Path(script_in_snapshot(step))
        if not (self._joined or reads_texts(step)):
            return str(own)
        made = own.with_name(f"mlops_{re.sub(r'[^A-Za-z0-9]', '_', step.name)}.py")
        shutil.copyfile(entry.__file__, source / made)
        told = {"script": own.name, "arguments": self._numbered(), "types": reads_texts(step)}
        (source / made).with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")
        return str(made)

    def values(self) -> list[Any]:
        if not self._joined:
            return [self._value(parts[0]) if parts else "" for parts in self._cut]
        found = []
        for number, value in enumerate(self._references()):
            found += [f"{entry.FLAG}{number}", self._value(value)]
        return found

    def _references(self) -> list[tuple[str, str]]:
        return [part for parts in self._cut for part in parts if isinstance(part, tuple)]

    def _numbered(self) -> list[list[str | int]]:
        numbers = iter(range(len(self._references())))
        return [[part if isinstance(part, str) else next(numbers) for part in parts] for parts in self._cut]

    def _value(self, part: str | tuple[str, str]) -> Any:
        if isinstance(part, str):
            return part
        kind, name = part
        return self._builder.parameter(name) if kind == "parameters" else self._known[kind][name]
