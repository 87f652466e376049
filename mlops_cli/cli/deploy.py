"""`mlops deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Command, pass_app
from mlops_cli.cli.options import dry_run_option, tag_option, tags_of

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.domain.deployment import DeployRequest
    from mlops_cli.domain.endpoints import Endpoint


TARGETS = click.Choice(["aci", "aks", "docker", "kubernetes"])


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--model", metavar="NAME[:VERSION]", help="Model to deploy; default: the profile's, newest.")
@click.option("--entry-script", type=click.Path(path_type=Path), help="Your own init() and run(data).")
@click.option("--sample", type=click.Path(path_type=Path), help="A payload to try the service with.")
@click.option("--target", type=TARGETS, help="aci: one worker; aks: several; others: see --out.")
@click.option("--auth", type=click.Choice(["key", "token", "none"]), help="What opens the service.")
@click.option("--app-insights/--no-app-insights", default=None, help="Record every request.")
@click.option("--collect-data/--no-collect-data", default=None, help="Keep what is scored and answered.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; default 1 for aci, 2 for aks.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; default: a free one, kept from then on.")
@click.option("--allow-skew", is_flag=True, help="Accept a model made with other package versions.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write for docker or kubernetes.")
@click.option("--fail-on-breaking", is_flag=True, help="Exit with 8 where clients of today would break.")
@click.option("--exit-code", is_flag=True, help="Exit with 3 when something changed.")
@tag_option
@dry_run_option
@pass_app
def deploy(
    app: App,
    *,
    name: str | None,
    exit_code: bool,
    tags: tuple[str, ...],
    dry_run: bool,
    out: Path | None,
    fail_on_breaking: bool,
    **options: Any,
) -> int | None:
    """Deploy a model as an HTTP service.

    NAME, model and settings default to the profile's; a scoring script of yours is served too. The same
    again changes nothing; a change replaces the workers one by one, and no request is lost. If it fails,
    what ran before goes on.
    """
    from mlops_cli.services.deploy import request
    from mlops_cli.services.export import is_exported
    from mlops_cli.services.swagger.breaking import check_clients
    from mlops_cli.status import ExitCode

    options["tags"] = tags_of(tags) or None
    wanted = request(app.config, app.backend, name, cwd=app.cwd, **options)
    exported = is_exported(wanted, out)
    if fail_on_breaking:
        check_clients(app.backend, wanted)
    if exported:
        from mlops_cli.cli.export import export

        changed = export(app, wanted, out, dry_run=dry_run)
    else:
        changed = _show_plan(app, wanted) if dry_run else _deploy_and_show(app, wanted)
    return ExitCode.CHANGED if changed and exit_code else None


def _deploy_and_show(app: App, wanted: DeployRequest) -> bool:
    from mlops_cli.services.deploy import document

    _warn(app, wanted)
    endpoint, changed = _deploy(app, wanted)
    app.show(document(endpoint, changed=changed), lambda console: _view(console, endpoint, changed))
    app.say(f"Next: mlops score {endpoint.name} --data FILE")
    return changed


def _deploy(app: App, wanted: DeployRequest) -> tuple[Endpoint, bool]:
    from mlops_cli.cli.phases import PhaseLines
    from mlops_cli.errors import InterruptedByUserError

    try:
        with PhaseLines(app) as lines:
            return app.backend.endpoints.deploy(wanted, lines.update)
    except KeyboardInterrupt:
        hint = f"deploy again: mlops deploy {wanted.name}"
        raise InterruptedByUserError("stopped; what ran before is as it was", hint=hint) from None


def _warn(app: App, wanted: DeployRequest) -> None:
    if wanted.settings.auth == "none":
        local = "any program of this machine score; nothing else reaches it"
        who = local if app.backend.name == "local" else "anybody score who knows the address"
        app.say(f"warning: --auth none lets {who}")


def _show_plan(app: App, wanted: DeployRequest) -> bool:
    plan = app.backend.endpoints.plan(wanted)
    text = "\n".join([f"{plan.name}: {plan.action}", *(f"  {change}" for change in plan.changes)])
    app.show(plan, lambda console: console.print(text, soft_wrap=True, markup=False))
    return plan.action != "unchanged"


def _view(console: Any, endpoint: Endpoint, changed: bool) -> None:
    from mlops_cli.cli.endpoints import draw

    console.print("deployed" if changed else "unchanged")
    draw(console, endpoint)
