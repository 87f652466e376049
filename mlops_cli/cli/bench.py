"""`mlops bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli import bench_options as groups
from mlops_cli.cli.command import Group, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.services.bench.subject import Options


class BenchGroup(Group):
    """`bench NAME` is `bench run NAME`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args[:1] in (["compare"], ["run"]) else ["run", *args])


@click.group(cls=BenchGroup, context_settings={"ignore_unknown_options": True})
def bench() -> None:
    """Load test with gates; payloads and checks know the model."""


@bench.command()
@click.argument("name", required=False)
@groups.options(groups.LOAD, groups.TARGET, groups.PAYLOADS, groups.GATES, groups.FILES, groups.MODES)
@pass_app
def run(app: App, *, name: str | None, **given: Any) -> int:
    """Load test with gates; payloads and checks know the model.

    NAME is an endpoint: its URL, its key and true rows of its data are found by themselves. The report has
    ab's fields in ab's order. Two endpoints: mlops bench compare BLUE GREEN.
    """
    from mlops_cli.cli import bench_modes as modes

    options = groups.fields(app, given, name)
    if given["probe"]:
        return modes.probe(app, options)
    if given["sizing"]:
        return modes.sizing(app, options, given["sizing"])
    if given["find_limit"]:
        return modes.find_limit(app, options, given["find_limit"])
    return _measure(app, options, given)


@bench.command()
@click.argument("blue")
@click.argument("green")
@groups.options(groups.LOAD, groups.PAYLOADS)
@pass_app
def compare(app: App, *, blue: str, green: str, **given: Any) -> int:
    """Load two endpoints in turns and say whether they differ, beyond what chance does."""
    from mlops_cli.cli import bench_modes as modes

    return modes.compare(app, groups.fields(app, given, blue), groups.fields(app, given, green))


def _measure(app: App, options: Options, given: dict[str, Any]) -> int:
    from mlops_cli.bench import result as saved
    from mlops_cli.bench.session import Session
    from mlops_cli.cli.bench_output import Watch, check_files, conclude, write_files
    from mlops_cli.domain.gates import parse_all
    from mlops_cli.services.bench import run as service
    from mlops_cli.services.bench.subject import find

    check_files(app, given)
    most = groups.percent(given["max_regression"])
    gates, abort_on = service.gates(app.config, given["gates"]), parse_all(given["abort_on"])
    before = saved.load(app.cwd / given["baseline"]) if given["baseline"] else None
    earlier = saved.load(app.cwd / given["compare"]) if given["compare"] else before
    plan = service.load(app.config, options)
    found = find(app.config, lambda: app.backend, plan.options, app.cwd)
    app.say(f"{found.aim.target.url}: payloads from {found.drawn}")
    with Watch(app, plan.load) as live:
        observe = service.observer(live, abort_on)
        with Session(found.aim, plan.manner, observe) as session:
            session.warm_up(plan.warmup)
            result = service.judged(session.measure(plan.load), gates)
    if before:
        result.gates += service.against_baseline(before, result, most)
    write_files(app, given, result, session.recording, earlier)
    return conclude(app, result, earlier)
