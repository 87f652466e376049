"""`mlops data …`: register, inspect and fetch data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Group, pass_app
from mlops_cli.cli.options import dry_run_option, split_version, tag_option, tags_of

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.domain.data import Dataset


@click.group(cls=Group)
def data() -> None:
    """Register, inspect and fetch data."""


@data.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="Name to register under; default: the profile's, or the file's.")
@click.option("--label", help="The column to predict.")
@click.option("--delimiter", metavar="CHAR", help="Column separator (or tab); found out when absent.")
@click.option("--encoding", help="Encoding of a CSV; found out when absent.")
@tag_option
@dry_run_option
@pass_app
def register(
    app: App,
    *,
    path: Path | None,
    name: str | None,
    label: str | None,
    delimiter: str | None,
    encoding: str | None,
    tags: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Register a CSV, TSV or Parquet file; without PATH the profile's file.

    A version is a content: the same file again is unchanged, another one is the next version.
    """
    from mlops_cli.services import data as service

    wanted = service.plan(
        app.config, app.cwd, path=path, name=name, label=label, delimiter=delimiter, encoding=encoding,
        tags=tags_of(tags),
    )  # fmt: skip
    dataset, changed = service.register(app.backend.data, wanted, dry_run=dry_run)
    state = ("would be " if dry_run else "") + ("registered" if changed else "unchanged")
    if not changed and wanted.tags != dataset.tags:
        app.say("the tags of a version stay as they were when it was registered")
    shown = service.summary(dataset) | {"changed": changed, "guardrails": dataset.profile.guardrails}
    app.show(shown, lambda console: _draw_registered(console, dataset, state))
    if not dry_run:
        app.say(f"See it: mlops data profile {dataset.name}")


def _draw_registered(console: Console, dataset: Dataset, state: str) -> None:
    from mlops_cli.cli.dataprofile import draw_guardrails, size

    profile = dataset.profile
    label = f", label {profile.label}" if profile.label else ""
    console.print(
        f"{dataset.name}:{dataset.version} {state}: {size(profile)}{label}", soft_wrap=True, markup=False
    )
    draw_guardrails(console, [rail for rail in profile.guardrails if rail.severity == "warning"])


@data.command("list")
@pass_app
def list_data(app: App) -> None:
    """List registered data, newest version first."""
    from mlops_cli.cli.tables import plain
    from mlops_cli.services.data import summary

    found = [summary(dataset) for dataset in app.backend.data.list()]
    header = ("name", "version", "rows", "columns", "label", "created")
    rows = [
        (d["name"], d["version"], f"{d['rows']:,}", d["columns"], d["label"] or "", d["created_at"][:16])
        for d in found
    ]
    empty = "no data yet: mlops data register FILE"
    app.show(found, lambda console: plain(console, header, rows, empty=empty))


@data.command()
@click.argument("name", metavar="NAME[:VERSION]")
@pass_app
def show(app: App, *, name: str) -> None:
    """Show one version of the data, the newest by default."""
    from mlops_cli.cli.dataprofile import draw_dataset

    dataset = app.backend.data.get(*split_version(name))
    app.show(dataset, lambda console: draw_dataset(console, dataset))


@data.command()
@click.argument("name", metavar="NAME[:VERSION]")
@click.option("--all", "everything", is_flag=True, help="All columns, not the first 50 only.")
@pass_app
def profile(app: App, *, name: str, everything: bool) -> None:
    """Show columns, statistics, label balance and guardrails."""
    from mlops_cli.cli.dataprofile import draw_profile

    dataset = app.backend.data.get(*split_version(name))
    shown = {"name": dataset.name, "version": dataset.version, **_fields(dataset)}
    app.show(shown, lambda console: draw_profile(console, dataset, rows=None if everything else 50))


def _fields(dataset: Dataset) -> dict[str, object]:
    import msgspec

    return msgspec.structs.asdict(dataset.profile)


@data.command()
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), help="File or folder to write; default: here.")
@click.option("--url", help="Another place to download the same file from.")
@pass_app
def fetch(app: App, *, name: str, out: Path | None, url: str | None) -> None:
    """Download a public file: bank-marketing or bike-sharing.

    A download that was cut is resumed by the same command; the file is kept only if its checksum is right.
    """
    from mlops_cli.cli.download import DownloadProgress
    from mlops_cli.services.data import fetch as fetch_file

    with DownloadProgress(app, name) as progress:
        result = fetch_file(name, app.cwd, out, url, progress.update)
    app.say(f"{result['licence']}: {result['citation']}")
    state = "downloaded" if result["changed"] else "already here"
    app.show(result, lambda console: console.print(f"{result['path']} {state}", soft_wrap=True, markup=False))
    to = result["register_as"]
    app.say(f"Next: mlops data register {result['path']} --name {to['name']} --label {to['label']}")
