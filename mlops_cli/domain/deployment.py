"""What a deployment is asked to do, and the phases in which it does it."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from mlops_cli.domain.endpoints import DeploySettings

PhaseName = Literal["package", "compile", "pre-flight", "start", "health", "smoke"]


class DeployRequest(Struct):
    """Deploy `model` (NAME or NAME:VERSION; None: the entry script stands alone) as the endpoint `name`.

    `sample` is a payload to try the service with, for an entry script that takes another than the model's
    schema says. `allow_skew` accepts a model that was trained with other versions of its packages.
    """

    name: str
    settings: DeploySettings
    model: str | None = None
    entry_script: Path | None = None
    sample: Path | None = None
    allow_skew: bool = False


class Plan(Struct, omit_defaults=True):
    """What deploying would do, and why: lines such as `model bank:1 -> bank:2`."""

    name: str
    action: Literal["create", "update", "configure", "start", "unchanged"]
    changes: list[str]


class Exported(Struct):
    """A deployment written into the folder `path` for another machine; `files` are those at its top."""

    name: str
    target: str
    path: str
    files: list[str]
    changed: bool


class Phase(Struct, omit_defaults=True):
    """One step of a deployment: reported when it begins (no `seconds`) and when it ends."""

    name: PhaseName
    detail: str = ""
    seconds: float | None = None
    ok: bool = True


PHASES: dict[PhaseName, str] = {
    "package": "collect model, entry script and schema",
    "compile": "make the model fast, and check that it answers as before",
    "pre-flight": "load the model and score one row in a clean process",
    "start": "start the service and its supervisor",
    "health": "wait until the service answers",
    "smoke": "score one true row over HTTP",
}
