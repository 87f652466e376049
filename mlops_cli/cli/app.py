"""The one object every command is given: options, streams, environment, profile and backend, made on demand."""

from __future__ import annotations

import re
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rich.console import Console

    from mlops_cli.backends.base import Backend, Context
    from mlops_cli.config import LoadedProfile


_COMMAND = re.compile(r"(?<![\w-])mlops (?=[a-z])(?!emulator|init)")
"""A command of ours within a text, of those that read the profile."""


class App:
    """What commands know of the world. A test makes one with its own streams, environment and directory."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        cwd: Path,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.environ = environ
        self.cwd = cwd
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.profile_name: str | None = None
        self.output = "table"
        self.overrides: list[str] = []
        self.debug = False
        self.quiet = False

    @cached_property
    def config(self) -> LoadedProfile:
        from mlops_cli.config import load_profile

        loaded = load_profile(self.profile_name, cwd=self.cwd, environ=self.environ, overrides=self.overrides)
        for warning in loaded.warnings:
            self.say(f"warning: {warning}")
        return loaded

    @property
    def home(self) -> Path:
        return self.config.home

    @cached_property
    def backend(self) -> Backend:
        from mlops_cli.backends import registry

        return registry.load(self.context)

    @property
    def context(self) -> Context:
        """What a backend may know of the world."""
        from mlops_cli.backends.base import Context

        return Context(self.config, self.environ, self.say, self.interactive)

    @property
    def interactive(self) -> bool:
        """Whether progress may be drawn and questions asked: a terminal, and not a CI job."""
        return self.stderr.isatty() and not self.environ.get("CI") and not self.quiet

    @cached_property
    def console(self) -> Console:
        """Talk: progress, warnings, hints. Goes to stderr."""
        return self._console(self.stderr, quiet=self.quiet)

    def say(self, text: str) -> None:
        """One plain line of talk."""
        if not self.quiet:
            self.stderr.write(f"{self.to_type(text)}\n")
            self.stderr.flush()

    def to_type(self, text: str) -> str:
        """`text` with its commands for the profile that was asked for, so that they can be typed as they stand."""
        if not self.profile_name:
            return text
        import shlex

        command = f"mlops --profile {shlex.quote(self.profile_name)} "
        return _COMMAND.sub(lambda _: command, text)

    def show(self, value: Any, view: Callable[[Console], None]) -> None:
        """The result of the command: `value` as JSON or YAML, or what `view` draws for people."""
        if self.output == "table":
            view(self._console(self.stdout))
        else:
            self.write(encode(value, self.output))

    def write(self, text: str) -> None:
        """Text for stdout as it is."""
        self.stdout.write(text)
        self.stdout.flush()

    def show_lines(self, lines: Iterable[str]) -> None:
        """A log, which may be long: for people as it comes, without what would move a terminal's cursor."""
        from rich.control import strip_control_codes

        if self.output != "table":
            self.write(encode(list(lines), self.output))
            return
        for line in lines:
            self.stdout.write(f"{strip_control_codes(line)}\n")
        self.stdout.flush()

    def _console(self, stream: TextIO, *, quiet: bool = False) -> Console:
        from rich.console import Console

        width = None if stream.isatty() else int(self.environ.get("COLUMNS", "80"))
        # Names and values of users' data are text, whatever brackets and colons are in it.
        return Console(file=stream, quiet=quiet, width=width, highlight=False, markup=False, emoji=False)


def encode(value: Any, form: str) -> str:
    """`value` (domain types, dicts, lists) as one JSON or YAML document."""
    import msgspec

    if form == "json":
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
    import yaml

    plain = msgspec.to_builtins(value)
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, default_flow_style=False)
    return text
