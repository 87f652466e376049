"""From an exception to what a person or a script reads of it."""

from __future__ import annotations

import errno
import traceback
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.errors import InterruptedByUserError, MlopsError, StateError, UsageError

if TYPE_CHECKING:
    from mlops_cli.cli.app import App


def understood(error: BaseException) -> MlopsError:
    """The error of ours that `error` is or stands for."""
    match error:
        case MlopsError():
            return error
        case click.exceptions.Abort() | KeyboardInterrupt():
            return InterruptedByUserError("interrupted", hint="run the same command again to go on")
        case click.exceptions.NoSuchCommand():
            return UsageError(error.format_message(), hint=_nearest(error))
        case click.UsageError():
            where = error.ctx.command_path if error.ctx else "mlops"
            return UsageError(error.format_message(), hint=f"see: {where} --help")
        case click.ClickException():
            return UsageError(error.format_message())
        case OSError() if error.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT):
            return StateError(str(error), hint="free some space or set MLOPS_HOME to another directory")
        case _:
            text = f"{type(error).__name__}: {error}"
            return MlopsError(f"unexpected: {text}", hint="run again with --debug and report what it shows")


def _nearest(error: click.exceptions.NoSuchCommand) -> str:
    from difflib import get_close_matches

    path = error.ctx.command_path if error.ctx else "mlops"
    group = error.ctx.command if error.ctx else None
    names = group.list_commands(error.ctx) if isinstance(group, click.Group) and error.ctx else []
    near = get_close_matches(error.command_name, names, n=1)
    return f"did you mean: {path} {near[0]}" if near else f"see: {path} --help"


def report(app: App, error: MlopsError, cause: BaseException) -> None:
    """Show the error: a JSON or YAML document on stdout where one was asked for, otherwise lines on stderr."""
    from mlops_cli.cli.app import encode

    if app.debug:
        app.stderr.write("".join(traceback.format_exception(cause)))
    error.hint = app.to_type(error.hint) if error.hint else None
    if app.output in ("json", "yaml"):
        app.write(encode({"error": _document(error)}, app.output))
        return
    lines = [f"Error: {error.message}", *(f"  {line}" for line in error.details)]
    if error.hint:
        lines.append(f"Next: {error.hint}")
    app.stderr.write("\n".join(lines) + "\n")
    app.stderr.flush()


def _document(error: MlopsError) -> dict[str, Any]:
    document: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "exit_code": int(error.exit_code),
    }
    return document | ({"details": error.details} if error.details else {})
