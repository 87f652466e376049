"""What `swagger --diff` and `deploy --fail-on-breaking` mean: would a client of the old service break at the new?

Ranges and lists of known values describe the training data and bind nobody: their changes break nothing.
"""

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from msgspec import Struct, field

from mlops_cli.backends.base import Backend
from mlops_cli.errors import GateMissedError, UsageError
from mlops_cli.services.scoring import client
from mlops_cli.services.swagger.contract import Contract, Leaf, of_document

_WIDER = {("integer", "number")}
_ALIKE = 0.75


class Difference(Struct):
    """Changes from `old` to `new`, one line each: those that break clients, and the others."""

    old: str
    new: str
    breaking: list[str] = field(default_factory=list)
    compatible: list[str] = field(default_factory=list)


def load(backend: Backend, name: str, cwd: Path) -> Contract:
    """The contract of an endpoint, or of a Swagger 2.0 or OpenAPI 3 file. UsageError when the file is none."""
    path = cwd / name
    if not path.is_file():
        with client.connect(backend, name) as to:
            return of_document(name, to.swagger("3.1"))
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise UsageError(f"{name} is not JSON: {error}") from None
    if not isinstance(document, dict) or "paths" not in document:
        raise UsageError(f"{name} is no Swagger document: it has no paths")
    return of_document(name, document)


def compare(old: Contract, new: Contract) -> Difference:
    """What changes for clients from `old` to `new`."""
    found = Difference(old.name, new.name)
    for path in sorted(old.operations - new.operations):
        found.breaking.append(f"{path} is gone")
    if old.needs_key != new.needs_key:
        (found.breaking if new.needs_key else found.compatible).append(
            "a key is needed now" if new.needs_key else "no key is needed any more"
        )
    _inputs(old.inputs, new.inputs, found)
    _outputs(old, new, found)
    return found


def gate(difference: Difference) -> None:
    """Raise GateMissedError when clients would break."""
    if difference.breaking:
        message = f"{difference.new} would break clients of {difference.old}"
        hint = "deploy it under another name, or without --fail-on-breaking"
        raise GateMissedError(message, hint=hint, details=difference.breaking)


def text(difference: Difference) -> str:
    """The differences for people."""
    lines = [f"breaking    {line}" for line in difference.breaking]
    lines += [f"compatible  {line}" for line in difference.compatible]
    return "\n".join(lines or ["no difference"]) + "\n"


def _inputs(old: dict[str, Leaf], new: dict[str, Leaf], found: Difference) -> None:
    removed, added = [n for n in old if n not in new], [n for n in new if n not in old]
    renamed = dict(_renamed(removed, added, old, new))
    for name in removed:
        line = f"input {name} is now called {renamed[name]}" if name in renamed else f"input {name} is gone"
        found.breaking.append(line)
    for name in added:
        if name in renamed.values():
            continue
        if new[name].required:
            found.breaking.append(f"input {name} is new and has to be sent")
        else:
            found.compatible.append(f"input {name} is new and may be left out")
    for name in (n for n in old if n in new):
        _changed(f"input {name}", old[name], new[name], found)


def _changed(what: str, old: Leaf, new: Leaf, found: Difference) -> None:
    """An input that both have: it must take whatever it took before."""
    if old.type != new.type:
        widened = (old.type, new.type) in _WIDER or new.type == "any"
        (found.compatible if widened else found.breaking).append(f"{what}: {old.type} -> {new.type}")
    elif old.format != new.format:
        line = f"{what}: format {old.format or 'any'} -> {new.format or 'any'}"
        (found.breaking if new.format else found.compatible).append(line)
    if new.required and not old.required:
        found.breaking.append(f"{what} has to be sent now")
    if old.nullable and not new.nullable:
        found.compatible.append(f"{what} had missing values in training and has none now")
    if old.known() and new.known() and old.known() != new.known():
        found.compatible.append(f"{what}: in training {old.known()} -> {new.known()}")


def _outputs(old: Contract, new: Contract, found: Difference) -> None:
    """A client must understand whatever comes now."""
    if not (old.outputs and new.outputs):
        if bool(old.outputs) != bool(new.outputs):
            found.compatible.append("the answers cannot be compared: one document does not describe them")
        return
    for name, leaf in old.outputs.items():
        later = new.outputs.get(name)
        if later is None:
            found.breaking.append(f"answer {name} is gone")
        elif leaf.type != later.type:
            found.breaking.append(f"answer {name}: {leaf.type} -> {later.type}")
        elif leaf.values and later.values and (more := [v for v in later.values if v not in leaf.values]):
            found.breaking.append(f"answer {name} may be {', '.join(map(str, more))} now")
        elif leaf.values and later.values and len(later.values) < len(leaf.values):
            found.compatible.append(f"answer {name} has fewer classes: {', '.join(map(str, later.values))}")


def _renamed(
    removed: list[str], added: list[str], old: dict[str, Leaf], new: dict[str, Leaf]
) -> Iterator[tuple[str, str]]:
    """Pairs that look like one input under another name: the same type, and letters alike."""
    free = list(added)
    for name in removed:
        alike = [(SequenceMatcher(None, name, n).ratio(), n) for n in free if new[n].type == old[name].type]
        if alike and max(alike)[0] >= _ALIKE:
            chosen = max(alike)[1]
            free.remove(chosen)
            yield name, chosen
