"""`mlops auth …`: sign in to Azure."""

from __future__ import annotations

import shlex
import shutil
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Group, pass_app
from mlops_cli.cli.options import dry_run_option

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.domain.auth import AuthStatus

METHODS = ["auto", "interactive", "service-principal", "managed-identity", "cli", "oidc", "token"]
MARKS = {"used": "used", "absent": "not set up", "failed": "failed"}


@click.group(cls=Group)
def auth() -> None:
    """Sign in to Azure.

    Method auto takes the first that is set up: token (AZURE_ACCESS_TOKEN), service-principal
    (AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH), oidc (a job
    of GitHub Actions or Azure DevOps, or a pod with workload identity), interactive (you signed in before
    with mlops auth login), cli (az login), managed-identity. A person is asked by mlops auth login alone,
    and never where CI is set.
    """


@auth.command()
@click.option("--method", type=click.Choice(METHODS[1:]), help="How; default: a browser or a device code.")
@click.option("--device-code", is_flag=True, help="Show a code to enter on another device.")
@pass_app
def login(app: App, *, method: str | None, device_code: bool) -> None:
    """Sign in, and show as whom."""
    from mlops_cli.services import auth as service

    _show(app, service.part(app.backend).login(method, device_code=device_code), explain=False)


@auth.command()
@click.option("--explain", is_flag=True, help="Say what was tried, and why it failed.")
@pass_app
def status(app: App, *, explain: bool) -> None:
    """Show who is signed in, until when, and whether the workspace opens."""
    from mlops_cli.services import auth as service

    _show(app, service.status(app.backend), explain=explain)


@auth.command()
@click.option("--resource", default="arm", metavar="arm|ml|URL", help="What the token is for.")
@pass_app
def token(app: App, *, resource: str) -> None:
    """Print a token, for curl and the like. It is a secret: it opens what you may open."""
    from mlops_cli.services import auth as service

    found = service.part(app.backend).token(resource)
    app.show(found, lambda console: console.print(found.token, soft_wrap=True, markup=False))
    app.say(f"it holds until {found.expires_on}")


@auth.command()
@pass_app
def logout(app: App) -> None:
    """Forget who signed in with mlops auth login."""
    from mlops_cli.services import auth as service

    known = service.part(app.backend).logout()
    word = "signed out" if known else "nobody was signed in"
    app.show({"changed": known}, lambda console: console.print(word))


@auth.command("create-sp")
@click.option("--name", help="Name of the service principal; default: mlops-WORKSPACE.")
@click.option("--role", default="Contributor", help="Role in the workspace's resource group.")
@dry_run_option
@pass_app
def create_sp(app: App, *, name: str | None, role: str, dry_run: bool) -> None:
    """Make a service principal for CI with the Azure CLI.

    Prints the az command; where az is installed it is run, and the new secret goes to a file that only you
    can read.
    """
    from mlops_cli.services import auth as service

    command = service.create_command(app.config, name, role)
    has_az = shutil.which("az", path=app.environ.get("PATH")) is not None
    shown: dict[str, Any] = {"command": shlex.join(command), "client_id": None, "file": None}
    if has_az and not dry_run:
        app.say(f"$ {shlex.join(command)}")
        file = app.home / "azureml" / "service-principal.env"
        shown |= {"client_id": service.create_principal(command, app.environ, file), "file": str(file)}
    app.show(shown, lambda console: console.print(shown["file"] or shown["command"], soft_wrap=True))
    if shown["file"]:
        app.say(f"Sign in as it: set -a; . {shown['file']}; set +a; mlops auth status")
    elif not has_az:
        app.say("az is not installed here; run the command where it is, then set what it prints")


def _show(app: App, found: AuthStatus, *, explain: bool) -> None:
    from mlops_cli.services.auth import document

    app.show(document(found, explain=explain), lambda console: _draw(console, found, explain))
    if found.method == "none":
        app.say("this backend needs no sign-in")


def _draw(console: Console, found: AuthStatus, explain: bool) -> None:
    lines = {"method": found.method, "identity": found.identity, "tenant": found.tenant_id,
             "expires": found.expires_on, "workspace": _workspace(found)}  # fmt: skip
    for key, value in lines.items():
        if value:
            console.print(f"{key:<10} {value}", soft_wrap=True, markup=False)
    for attempt in found.tried if explain else ():
        why = f": {attempt.reason}" if attempt.reason else ""
        console.print(f"  {attempt.method:<18} {MARKS[attempt.outcome]}{why}", soft_wrap=True, markup=False)


def _workspace(found: AuthStatus) -> str | None:
    workspace = found.workspace
    if workspace is None:
        return None
    name = f"{workspace.name} in {workspace.resource_group}"
    return f"{name} ({workspace.location})" if workspace.access else f"{name}: no access: {workspace.error}"
