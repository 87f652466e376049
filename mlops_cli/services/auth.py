"""What `auth` means: asking the backend, or saying that there is nobody to sign in to."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field, structs

from mlops_cli.backends.base import AuthBackend, Backend
from mlops_cli.config import LoadedProfile
from mlops_cli.domain.auth import AuthStatus
from mlops_cli.errors import ConfigError, UsageError, WorkFailedError

TIMEOUT_SECONDS = 300


def part(backend: Backend) -> AuthBackend:
    """The backend's sign-in. Raises UsageError where there is none."""
    found: AuthBackend | None = getattr(backend, "auth", None)
    if found is None:
        message = f"backend {backend.name} needs no sign-in"
        raise UsageError(message, hint="use a profile of Azure: mlops --profile azure auth ...")
    return found


def status(backend: Backend) -> AuthStatus:
    """Who is signed in; nobody, by the method `none`, on a backend that needs no sign-in."""
    found: AuthBackend | None = getattr(backend, "auth", None)
    return found.status() if found else AuthStatus(method="none")


def document(found: AuthStatus, *, explain: bool) -> dict[str, Any]:
    """The status as scripts read it; what was tried only where it is asked for."""
    fields = structs.asdict(found)
    tried = fields.pop("tried")
    return {**fields, "tried": tried} if explain else fields


class Principal(Struct):
    """What `az ad sp create-for-rbac` answers."""

    client_id: str = field(name="appId")
    password: str
    tenant: str


def create_command(config: LoadedProfile, name: str | None, role: str) -> list[str]:
    """The `az` command that makes a service principal for the workspace's resource group."""
    workspace = config.require("workspace").workspace
    if not (workspace.subscription_id and workspace.resource_group):
        raise ConfigError("a service principal needs workspace.subscription_id and workspace.resource_group")
    scope = f"/subscriptions/{workspace.subscription_id}/resourceGroups/{workspace.resource_group}"
    shown = name or f"mlops-{workspace.name or workspace.resource_group}"
    return ["az", "ad", "sp", "create-for-rbac", "--name", shown, "--role", role, "--scopes", scope,
            "--output", "json"]  # fmt: skip


def create_principal(command: list[str], environ: Mapping[str, str], file: Path) -> str:
    """Run the `az` command and write the variables that sign in as the new principal to `file` (0600).

    Returns the principal's client id. Raises WorkFailedError with what az said.
    """
    try:
        done = subprocess.run(
            command, env=dict(environ), capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorkFailedError(f"cannot run az: {error}") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise WorkFailedError("az made no service principal", hint="az login", details=lines[-5:])
    try:
        made = msgspec.json.decode(done.stdout, type=Principal)
    except msgspec.DecodeError as error:
        raise WorkFailedError(f"az answered with something else than a service principal: {error}") from error
    _write_private(file, made)
    return made.client_id


def _write_private(file: Path, made: Principal) -> None:
    """Replace the file in one step; nobody else can read it at any moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(
        f"AZURE_TENANT_ID={made.tenant}\nAZURE_CLIENT_ID={made.client_id}\nAZURE_CLIENT_SECRET={made.password}\n"
    )
    draft.replace(file)
