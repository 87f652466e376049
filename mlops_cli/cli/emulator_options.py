"""Which emulator a command means, and the options with which one is started."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli import paths
from mlops_cli.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops_cli.cli.app import App
    from mlops_cli.emulator.lifecycle import Emulator, Settings


def start_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--workspace", metavar="SUB/GROUP/NAME", help="A workspace that is to exist."),
        click.option(
            "--map", "maps", multiple=True, metavar="URL=FILE", help="Sample data: answer URL with FILE."
        ),
        click.option("--fast/--no-fast", default=None, help="Operations are done at the first poll."),
        click.option("--python", metavar="PATH", help="Python of submitted scripts; by default this one."),
        click.option(
            "--automl-seconds",
            type=click.FloatRange(min=1),
            metavar="SECONDS",
            help="Longest search of an AutoML run; 60, or 10 with --fast.",
        ),
        click.option("--location", metavar="REGION", help="Region of new workspaces; at first eastus2."),
    ):
        command = option(command)
    return command


def emulator_of(app: App) -> Emulator:
    check_installed()
    from mlops_cli.emulator.lifecycle import Emulator

    return Emulator(paths.emulator_dir(app.home))


def check_installed() -> None:
    missing = [name for name in ("trustme", "jwt", "httptools", "psutil") if find_spec(name) is None]
    if missing:
        hint = 'pip install "mlops-cli[emulator]"'
        raise MissingExtraError(
            f"the emulator needs packages that are missing: {', '.join(missing)}", hint=hint
        )


def settings_of(app: App, *, maps: tuple[str, ...], port: int | None = None, **options: Any) -> Settings:
    from mlops_cli.emulator.lifecycle import Settings

    files = {}
    for pair in maps:
        url, equals, file = pair.rpartition("=")
        path = app.cwd / Path(file).expanduser()
        if not (equals and "://" in url and path.is_file()):
            raise click.BadParameter(f"'{pair}' is not URL=FILE with a file that exists", param_hint="--map")
        files[url] = str(path.resolve())
    return Settings(maps=files or None, port=port, **options)


def workspace_of(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):
        raise click.BadParameter(f"'{text}' is not SUBSCRIPTION/GROUP/NAME", param_hint="--workspace")
    return dict(zip(("subscription_id", "resource_group", "workspace_name"), parts, strict=True))
