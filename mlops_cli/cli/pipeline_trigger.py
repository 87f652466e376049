"""`mlops pipeline trigger`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app
from mlops_cli.cli.options import check_timeout, split_version, timeout_option
from mlops_cli.cli.pipeline_run import data_option, experiment_option, finish, param_option

if TYPE_CHECKING:
    from mlops_cli.cli.app import App


@click.command(cls=Command)
@click.argument("name", metavar="NAME[:VERSION]")
@param_option
@data_option
@experiment_option
@click.option("--wait/--no-wait", default=False, help="Follow the run to its end, or leave it running.")
@timeout_option
@pass_app
def trigger(
    app: App,
    *,
    name: str,
    params: tuple[str, ...],
    data: tuple[str, ...],
    experiment: str | None,
    wait: bool,
    timeout: float | None,
) -> None:
    """Start a published pipeline over HTTP, as any other client would."""
    from mlops_cli.services.pipelines import publish
    from mlops_cli.services.pipelines import runs as pipelines

    check_timeout(wait)
    base, version = split_version(name)
    given = pipelines.pairs(data, "--data")
    request = pipelines.request(pipelines.pairs(params, "--param"), given, experiment)
    answer = publish.trigger(app.backend.pipelines, base, version, request)
    app.say(f"run {answer['Id']} of {base}")
    finish(app, app.backend.pipelines.get(answer["Id"]), wait=wait, timeout=timeout)
