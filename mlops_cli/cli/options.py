"""Parameter types and options that several commands share."""

import re
from typing import Any

import click

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(click.ParamType):
    """A time span such as 90, 500ms, 30s, 15m or 2h; converted to seconds. With `some` it may not be nothing."""

    name = "duration"

    def __init__(self, *, some: bool = False) -> None:
        self.some = some

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|[smhd]?)", str(value))
        if not match:
            self.fail(f"'{value}' is not a time span; write 90, 500ms, 30s, 15m or 2h", param, ctx)
        seconds = float(match[1]) * _UNITS[match[2]]
        if self.some and not seconds:
            self.fail("it has to be more than 0", param, ctx)
        return seconds


def tags_of(pairs: tuple[str, ...]) -> dict[str, str]:
    """`("a=1", "b=2")` as a mapping. Raises click.BadParameter naming the pair without '='."""
    tags = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise click.BadParameter(f"'{pair}' is not KEY=VALUE", param_hint="--tag")
        tags[key] = value
    return tags


tag_option = click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A tag; may be repeated.")
wait_option = click.option(
    "--wait/--no-wait", default=True, help="Follow the work to its end, or leave it running."
)
timeout_option = click.option(
    "--timeout", type=Duration(), metavar="TIME", help="Stop waiting after this time (30s, 15m, 2h)."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done and do nothing.")


def check_timeout(wait: bool) -> None:
    """Raises click.UsageError for a --timeout where nothing is waited for; one for all commands is no mistake."""
    typed = click.core.ParameterSource.COMMANDLINE
    if not wait and click.get_current_context().get_parameter_source("timeout") == typed:
        raise click.UsageError("--timeout goes with --wait")


def split_version(name: str) -> tuple[str, int | None]:
    """`bank` or `bank:3` as name and version. Raises click.BadParameter for anything else behind the colon."""
    base, colon, version = name.partition(":")
    if not base or (colon and not re.fullmatch("[0-9]{1,18}", version)):
        raise click.BadParameter(f"'{name}' is not NAME or NAME:VERSION")
    return base, int(version) if version else None
