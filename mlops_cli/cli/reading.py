"""The bytes that --data names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mlops_cli.cli.app import App


def read(app: App, data: str) -> tuple[bytes, str]:
    """The content of the file `data`, or of stdin for -, and its name for messages."""
    from mlops_cli.errors import NotFoundError

    if data == "-":
        with click.open_file("-", "rb") as stdin:
            return stdin.read(), "stdin"
    try:
        return (app.cwd / data).read_bytes(), data
    except OSError as error:
        raise NotFoundError(
            f"cannot read {data}: {error.strerror}", hint="give a file: --data FILE"
        ) from None
