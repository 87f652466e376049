"""`mlops pipeline prune`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app
from mlops_cli.cli.options import Duration, dry_run_option

if TYPE_CHECKING:
    from mlops_cli.cli.app import App


@click.command(cls=Command)
@click.option("--keep", type=click.IntRange(min=0), metavar="N", help="Keep the newest N of each pipeline.")
@click.option("--older-than", type=Duration(), metavar="TIME", help="Only runs older than this (12h, 30d).")
@click.option("--pipeline", metavar="NAME", help="Only runs of this pipeline.")
@dry_run_option
@pass_app
def prune(
    app: App, *, keep: int | None, older_than: float | None, pipeline: str | None, dry_run: bool
) -> None:
    """Forget old runs and remove their files.

    Runs whose outputs another run has reused stay as long as that run does. While a run goes on nothing is
    forgotten. A run that is forgotten cannot be resumed; published versions and models stay.
    """
    from datetime import timedelta

    import msgspec

    from mlops_cli.cli.tables import plain

    if keep is None and older_than is None:
        raise click.UsageError("say which: --keep N, --older-than 30d, or both")
    age = None if older_than is None else timedelta(seconds=older_than)
    found = app.backend.pipelines.prune(keep, age, pipeline, dry_run=dry_run)
    size = sum(one.size_bytes for one in found) / 1e6
    done = "would be forgotten" if dry_run else "forgotten"
    app.say(f"{len(found)} runs {done}, {size:.1f} MB")
    rows = [
        (one.run_id, one.pipeline, one.status, one.created_at, f"{one.size_bytes / 1e6:.1f}") for one in found
    ]
    header = ("run", "pipeline", "state", "made", "MB")
    app.show(
        msgspec.to_builtins(found), lambda console: plain(console, header, rows, empty="nothing to forget")
    )
