"""What `deploy --target docker|kubernetes` means: the same deployment, written out to run elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from mlops_cli.backends.base import Backend, ExportBackend
from mlops_cli.domain.deployment import DeployRequest, Exported, Phase
from mlops_cli.domain.endpoints import EXPORTED
from mlops_cli.errors import UsageError


def is_exported(request: DeployRequest, out: Path | None) -> bool:
    """Whether the deployment is to be written out. UsageError when target and folder do not go together."""
    target = request.settings.target
    if target in EXPORTED and out is None:
        raise UsageError(f"the target {target} is a folder to run elsewhere", hint="say where: --out DIR")
    if target not in EXPORTED and out is not None:
        raise UsageError(f"the target {target} writes no folder", hint="add --target docker or kubernetes")
    return out is not None


def export(
    backend: Backend, request: DeployRequest, out: Path, on_phase: Callable[[Phase], None]
) -> Exported:
    """Build, try and write it. UsageError on a backend that cannot."""
    if not hasattr(backend.endpoints, "export"):
        hint = "train or download the model here, and export it with backend: local"
        raise UsageError(f"the backend {backend.name} writes no {request.settings.target} folder", hint=hint)
    return cast(ExportBackend, backend.endpoints).export(request, out, on_phase)
