"""`mlops emulator …`: Azure ML on this machine, for unmodified programs."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Group, pass_app
from mlops_cli.cli.emulator_faults import fault
from mlops_cli.cli.emulator_options import (
    check_installed,
    emulator_of,
    settings_of,
    start_options,
    workspace_of,
)

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App


@click.group(cls=Group)
def emulator() -> None:
    """Azure ML on this machine, for unmodified programs.

    `mlops emulator run -- python train.py` is all that a program with Azure ML's SDK v1 needs. Nothing
    leaves this machine; what is submitted, trained and deployed really runs here.
    """


emulator.add_command(fault)


@emulator.command()
@click.option("--port", type=int, help="Port on 127.0.0.1; a free one is chosen and kept.")
@start_options
@pass_app
def start(app: App, *, port: int | None, workspace: str | None, **options: Any) -> None:
    """Start the emulator, unless it runs already."""
    found = emulator_of(app)
    new = found.start(settings_of(app, port=port, **options), workspace_of(workspace))
    shown = {
        "state": "running",
        "port": found.identity.port,
        "changed": new,
        "folder": str(found.instance.folder),
    }
    word = "started" if new else "already running"
    app.show(shown, lambda console: console.print(f"{word} on 127.0.0.1:{found.identity.port}"))
    app.say("Next: mlops emulator run -- python your_script.py")


@emulator.command()
@pass_app
def stop(app: App) -> None:
    """Stop the emulator; what it holds stays on disk."""
    stopped = emulator_of(app).stop()
    word = "stopped" if stopped else "not running"
    app.show({"state": "stopped", "changed": stopped}, lambda console: console.print(word))


@emulator.command()
@pass_app
def status(app: App) -> None:
    """Show whether it runs, its workspace, faults in force and calls it could not answer."""
    found = emulator_of(app)
    identity, process = found.identity, found.process()
    shown: dict[str, Any] = {
        "state": "running" if process else "stopped", "pid": process.pid if process else None,
        "port": identity.port, "subscription_id": identity.subscription_id,
        "resource_group": identity.resource_group, "workspace_name": identity.workspace_name,
        "fast": identity.fast, "maps": identity.maps, "folder": str(found.instance.folder),
        **(found.control("GET", "/emulator/status") if process else {}),
    }  # fmt: skip
    app.show(shown, lambda console: _draw(console, shown))


def _draw(console: Console, shown: dict[str, Any]) -> None:
    for key, value in shown.items():
        if isinstance(value, dict):
            value = "\n".join(f"{'':24}{k} ({v})" for k, v in value.items()).strip()
        if value not in ("", None, []):
            console.print(f"{key.replace('_', ' '):<23} {value}", soft_wrap=True)


@emulator.command()
@pass_app
def env(app: App) -> None:
    """Print the variables for a shell: eval "$(mlops emulator env)"."""
    variables = emulator_of(app).environment(app.environ)
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    if app.output == "table":
        app.write(lines)
    else:
        app.show(variables, lambda _: None)


@emulator.command()
@click.option("--save", is_flag=True, help="Write ./config.json instead of printing it.")
@pass_app
def config(app: App, *, save: bool) -> None:
    """Print the config.json with which Workspace.from_config() finds the workspace."""
    from mlops_cli.cli.app import encode
    from mlops_cli.emulator.env import workspace_config
    from mlops_cli.emulator.lifecycle import write_workspace_config

    found = emulator_of(app)
    if save:
        app.say(f"written: {write_workspace_config(found, app.cwd)}")
    else:
        app.write(encode(workspace_config(found.identity), "json"))


@emulator.command(context_settings={"ignore_unknown_options": True})
@start_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@pass_app
def run(app: App, *, command: tuple[str, ...], workspace: str | None, **options: Any) -> int:
    """Run COMMAND with the emulator in Azure's place; its exit code is the exit code.

    The emulator is started when it does not run, and stopped again afterwards. A workspace named by
    a config.json here or above is made when it does not exist; without one, .azureml/config.json is here
    while COMMAND runs, so that Workspace.from_config() finds the emulator's. Where the state is below this
    folder, an .amlignore keeps it out of snapshots, too.
    """
    from mlops_cli.emulator.env import workspace_config
    from mlops_cli.emulator.lent_files import lent_config, lent_ignore
    from mlops_cli.emulator.lifecycle import found_workspace_config

    found = emulator_of(app)
    names = workspace_of(workspace) or found_workspace_config(app.cwd)
    new = found.start(settings_of(app, **options), names, until=os.getpid())
    terminate = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        given = names or workspace_config(found.identity)
        with lent_config(given, app.cwd), lent_ignore(app.home, app.cwd):
            environment = {**app.environ, **found.environment(app.environ)}
            return subprocess.run(command, cwd=app.cwd, env=environment).returncode
    except OSError as error:
        raise click.UsageError(f"cannot run {command[0]}: {error.strerror}") from error
    finally:
        if new:
            found.stop()
        signal.signal(signal.SIGTERM, terminate)


@emulator.command()
@click.confirmation_option(prompt="Forget everything the emulator holds?", help="Do not ask.")
@pass_app
def reset(app: App) -> None:
    """Forget everything it holds; its identity and keys stay."""
    found = emulator_of(app)
    found.reset()
    app.show({"state": "empty"}, lambda console: console.print("empty"))


@emulator.command()
@click.option("--service", metavar="NAME", help="Only this service.")
@pass_app
def coverage(app: App, *, service: str | None) -> None:
    """List every call the emulator answers, from its routes, and what it leaves out."""
    check_installed()
    from mlops_cli.emulator.coverage import coverage as covered

    entries = [entry for entry in covered() if service in (None, entry.service)]
    app.show(entries, lambda console: _draw_coverage(console, entries))


def _draw_coverage(console: Console, entries: list[Any]) -> None:
    from rich.text import Text

    for entry in entries:
        routes = f" ({entry.service}): {len(entry.routes)} routes"
        console.print(Text.assemble("\n", (entry.title, "bold"), routes))
        for route in entry.routes:
            console.print(
                f"  {route.method:<7}{route.path}\n         {route.used_by}", soft_wrap=True, markup=False
            )
        for missing in entry.left_out:
            console.print(f"  left out: {missing}", markup=False)
    console.print(
        f"\n{sum(len(entry.routes) for entry in entries)} routes. {{W}} is the path of a workspace."
    )
