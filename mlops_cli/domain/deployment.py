"""What a deployment is asked to do, and the phases in which it does it."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from mlops_cli.domain.endpoints import DeploySettings


class DeployRequest(Struct):
    """Deploy `model` (NAME or NAME:VERSION; None: the entry script stands alone) as the endpoint `name`."""

    name: str
    settings: DeploySettings
    model: str | None = None
    entry_script: Path | None = None


class Phase(Struct, omit_defaults=True):
    """One step of a deployment: reported when it begins (no `seconds`) and when it ends."""

    name: Literal["package", "pre-flight", "start", "health", "smoke"]
    detail: str = ""
    seconds: float | None = None
    ok: bool = True


PHASES: dict[str, str] = {
    "package": "collect model, entry script and schema",
    "pre-flight": "load the model and score one row in a clean process",
    "start": "start the service and its supervisor",
    "health": "wait until the service answers",
    "smoke": "score one true row over HTTP",
}
