"""`mlops demo`: the whole story on the sample data, each step an ordinary command that is shown first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App


@click.command(cls=Command)
@click.option("--keep/--no-keep", default=True, help="Leave endpoint and schedule at the end.")
@pass_app
def demo(app: App, *, keep: bool) -> None:
    """The whole story on sample data, step by step.

    Registers the data, trains with AutoML for a minute, deploys the best model as an HTTP service with key
    auth, scores rows, and reads its log and its Swagger document; then publishes a pipeline that scores the
    file, triggers it over HTTP and puts it on a schedule. Each step shows the command it runs. The demo may
    be run any number of times; Ctrl-C takes down what it started.
    """
    from mlops_cli.cli.story import Story
    from mlops_cli.errors import ConfigError

    if not app.config.profile.data.path:
        hint = "run it where configs/ and data/ of mlops are, or with data of yours: mlops init FILE --label COLUMN"
        raise ConfigError("the demo needs a profile that names data", hint=hint)
    story, began = Story(app), time.monotonic()
    try:
        steps = story.tell()
    except BaseException:
        story.clean_up()
        raise
    if not keep:
        story.clean_up()
    seconds = round(time.monotonic() - began, 3)
    app.show({"steps": steps, "seconds": seconds}, lambda _: None)
    app.say(f"\nThe whole story took {seconds:.0f} s.{' Try next:' if keep else ''}")
    proposed = story.next_commands() if keep else []
    width = max((len(command) for command, _ in proposed), default=0)
    for command, words in proposed:
        app.say(f"  {command:<{width}}  {words}")
