"""`mlops score`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.domain.schema import ModelSchema
    from mlops_cli.services.scoring.client import ServiceClient
    from mlops_cli.services.scoring.tables import Table


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--data", metavar="FILE|-", help="JSON, CSV or Parquet; - reads stdin.")
@click.option("--example", is_flag=True, help="Print a valid payload made from the data, send nothing.")
@click.option("--validate/--no-validate", default=True, help="Check the payload before it is sent.")
@click.option("--method", type=click.Choice(["predict", "predict_proba"]), default="predict",
              help="Labels, or the probability of each class.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Write the result there, not on stdout.")
@pass_app
def score(
    app: App,
    *,
    name: str | None,
    data: str | None,
    example: bool,
    validate: bool,
    method: str,
    out: Path | None,
) -> None:
    """Send rows to an endpoint and show the predictions.

    JSON in, JSON out. CSV or Parquet in, the same rows with their predictions out; columns that the service
    does not know, the label among them, stay in the result and are not sent.
    """
    from mlops_cli.cli.reading import read
    from mlops_cli.services.deploy import endpoint_name
    from mlops_cli.services.scoring import client, inputs, tables
    from mlops_cli.services.scoring import score as service
    from mlops_cli.writing import check_place

    if not example and data is None:
        raise click.UsageError("give --data FILE (or - for stdin), or --example")
    check_place(app.cwd / out) if out else None
    with client.connect(app.backend, endpoint_name(app.config, name)) as to:
        schema = inputs.schema(app.backend, to)
        if example:
            return _write(app, service.example(schema, to), out)
        content, where = read(app, str(data))
        if tables.is_json(content, where):
            value = tables.parse_json(content, where)
            return _score_json(app, to, value, schema if validate else None, method, out)
        return _score_table(app, to, tables.read(content, where), schema, method, validate, out)


def _score_json(
    app: App, to: ServiceClient, value: Any, schema: ModelSchema | None, method: str, out: Path | None
) -> None:
    from mlops_cli.services.scoring.client import NotJsonError
    from mlops_cli.services.scoring.score import score_json

    try:
        _write(app, score_json(to, value, schema, method), out)
    except NotJsonError as answer:
        if out is None:
            raise
        _write(app, answer.content, out)


def _score_table(
    app: App,
    to: ServiceClient,
    table: Table,
    schema: ModelSchema | None,
    method: str,
    validate: bool,
    out: Path | None,
) -> None:
    from mlops_cli.errors import UsageError
    from mlops_cli.services.scoring import tables
    from mlops_cli.services.scoring.score import score_table

    if schema is None:
        message = f"{to.endpoint.name} does not say which columns it takes, so a table cannot be sent"
        raise UsageError(message, hint="send the JSON that your run(data) understands")
    done = score_table(to, table, schema, method, checked=validate)
    if done.kept_back:
        app.say(f"kept in the result, not sent: {', '.join(done.kept_back)}")
    if out:
        tables.write(done.table, app.cwd / out)
        rows = len(done.table.rows)
        shown = {"rows": rows, "columns": done.table.columns, "out": str(out)}
        app.show(shown, lambda console: console.print(f"{rows:,} rows written to {out}"))
    else:
        app.show(done.answer, lambda _console: app.write(tables.to_csv(done.table)))


def _write(app: App, value: Any, out: Path | None) -> None:
    if out:
        from mlops_cli.writing import write_bytes

        write_bytes(app.cwd / out, value if isinstance(value, bytes) else f"{json.dumps(value)}\n".encode())
        app.show({"out": str(out)}, lambda console: console.print(f"written to {out}"))
    else:
        app.show(value, lambda _console: app.write(json.dumps(value, ensure_ascii=False) + "\n"))
