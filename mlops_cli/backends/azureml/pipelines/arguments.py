"""The arguments of a script as Azure takes them: each a text, a parameter or a path, whole.

Where a parameter or a path is only a part of one, `entry` is put beside the script and puts it together. So it
does for environment variables, where Azure takes no parameters at all. Entry scripts of batch steps get from it
their own arguments and no others, and rows of a step's output, which Azure reads as text, their types.
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


Pieces = list[str | tuple[str, str]]
OPEN_SETTINGS = ("nodes", "workers", "run_max_try", "run_invocation_timeout")
"""Of a batch step: those that ParallelRunConfig takes as parameters."""


def open_names(raw: dict[str, Any]) -> set[str]:
    """The parameters of a step which a run of a published pipeline may choose."""
    words = [as_text(one) for one in (*raw.get("arguments", []), *variables(raw).values())]
    found = [one for word in words for one in references(word)]
    names = {name for kind, name in found if kind == "parameters"}
    return names | {name for key in OPEN_SETTINGS if (name := whole(raw, key))}


def variables(raw: dict[str, Any]) -> dict[str, str]:
    """The environment variables in which parameters stand."""
    given = (raw.get("environment") or {}).get("variables") or {}
    return {name: text for name, value in given.items() if references(text := as_text(value))}


def whole(raw: dict[str, Any], key: str) -> str | None:
    """The parameter that a setting of a batch step is."""
    if raw.get("type") != "batch" or not isinstance(raw.get(key), str):
        return None
    cut = pieces(raw[key])
    return cut[0][1] if len(cut) == 1 and isinstance(cut[0], tuple) else None


def needs_joining(raw: dict[str, Any]) -> bool:
    """Whether a reference is a part of an argument, or stands in a variable; of a batch step always."""
    if raw.get("type") == "batch":
        return True
    cut = [pieces(as_text(argument)) for argument in raw.get("arguments", [])]
    parts = any(len(parts) > 1 and any(isinstance(part, tuple) for part in parts) for parts in cut)
    return parts or bool(variables(raw))


def reads_texts(step: Step) -> bool:
    """Whether the mini-batches of the step are of another step's output."""
    return isinstance(step, BatchStep) and any(tables.outputs_read([step]))


def entry_of(step: str) -> str:
    """What is called instead of the step's own script."""
    return f"mlops_{re.sub(r'[^A-Za-z0-9]', '_', step)}.py"


class Arguments:
    """Script and arguments of one step whose code lies in `source`; `known` are inputs and outputs by name."""

    def __init__(self, builder: Builder, raw: dict[str, Any], known: dict[str, dict[str, Any]]) -> None:
        self._builder, self._known = builder, known
        self._cut = [pieces(as_text(argument)) for argument in raw.get("arguments", [])]
        self._variables = {name: pieces(text) for name, text in variables(raw).items()}
        self._joined = needs_joining(raw)

    def script(self, step: ScriptStep | BatchStep, source: Path) -> str:
        """What Azure is to run: the step's own script, or `entry` before it."""
        own = Path(script_in_snapshot(step))
        if not self._joined:
            return str(own)
        made = own.with_name(entry_of(step.name))
        shutil.copyfile(entry.__file__, source / made)
        cut = self._numbered()
        made_of = dict(zip(self._variables, cut[len(self._cut) :], strict=True))
        told = {"script": own.name, "arguments": cut[: len(self._cut)], "variables": made_of,
                "alone": isinstance(step, BatchStep), "types": reads_texts(step)}  # fmt: skip
        (source / made).with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")
        return str(made)

    def values(self) -> list[Any]:
        if not self._joined:
            return [self._value(parts[0]) if parts else "" for parts in self._cut]
        found = []
        for number, value in enumerate(self._references()):
            found += [f"{entry.FLAG}{number}", self._value(value)]
        return found

    def _all(self) -> list[Pieces]:
        return [*self._cut, *self._variables.values()]

    def _references(self) -> list[tuple[str, str]]:
        return [part for parts in self._all() for part in parts if isinstance(part, tuple)]

    def _numbered(self) -> list[list[str | int]]:
        numbers = iter(range(len(self._references())))
        return [[part if isinstance(part, str) else next(numbers) for part in parts] for parts in self._all()]

    def _value(self, part: str | tuple[str, str]) -> Any:
        if isinstance(part, str):
            return part
        kind, name = part
        return self._builder.parameter(name) if kind == "parameters" else self._known[kind][name]
