"""Click classes of ours: global options at every level, environment variables in the help, lazy loading."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlops_cli.cli.app import App

pass_app = click.pass_obj


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value not in (None, (), False):
            app: App = context.find_root().obj
            setattr(app, name, [*app.overrides, *value] if name == "overrides" else value)

    return callback


def _global(*names: str, to: str, **settings: Any) -> click.Option:
    settings.setdefault("envvar", None)
    return click.Option(
        names, expose_value=False, callback=_remember(to), show_envvar=bool(settings["envvar"]), **settings
    )


def global_options() -> list[click.Option]:
    """Fresh copies of the options that every command takes."""
    return [
        _global("--profile", "-p", to="profile_name", metavar="NAME", envvar="MLOPS_PROFILE",
                help="Profile to use: a name in configs/ or a file."),
        _global("--output", "-o", to="output", type=click.Choice(["table", "json", "yaml"]),
                envvar="MLOPS_OUTPUT", help="How the result is written on stdout."),
        _global("--set", to="overrides", multiple=True, metavar="KEY=VALUE",
                help="Override one value of the profile, as in --set train.timeout_minutes=5."),
        _global("--quiet", "-q", to="quiet", is_flag=True, envvar="MLOPS_QUIET", help="No talk on stderr."),
        _global("--debug", to="debug", is_flag=True, envvar="MLOPS_DEBUG", help="Show tracebacks."),
    ]  # fmt: skip


class Command(click.Command):
    """A command that takes the global options too and names the environment variable of each of its own."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.own_options = [param for param in self.params if isinstance(param, click.Option)]
        for option in self.own_options:
            option.show_envvar = True
        self.params += global_options()

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        others = [
            p for p in self.get_params(context) if isinstance(p, click.Option) and p not in self.own_options
        ]
        for title, options in (("Options", self.own_options), ("Global options", others)):
            records = [record for option in options if (record := option.get_help_record(context))]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Lazy(NamedTuple):
    """A command that is imported when it is used: `module:attribute` and the line shown in the help."""

    target: str
    help: str
    section: str = "Commands"

    def load(self) -> click.Command:
        module, attribute = self.target.split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


class Group(click.Group):
    """A group whose commands may be lazy; they are listed by section without being imported."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy] | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.lazy = lazy or {}
        self.params += global_options()

    def list_commands(self, context: click.Context) -> list[str]:
        return [*self.lazy, *super().list_commands(context)]

    def get_command(self, context: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.lazy.get(cmd_name)
        return entry.load() if entry else super().get_command(context, cmd_name)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.lazy.items():
            sections.setdefault(entry.section, []).append((name, entry.help))
        room = formatter.width - 6 - max(map(len, self.list_commands(context)), default=0)
        for name in sorted(self.commands):
            sections.setdefault("Commands", []).append((name, self.commands[name].get_short_help_str(room)))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)
