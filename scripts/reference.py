"""Write docs/ from the program itself: `python scripts/reference.py [--check]`."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from msgspec.inspect import Field

from mlops_cli.cli.main import cli
from mlops_cli.config.descriptions import DESCRIPTIONS, STEPS
from mlops_cli.config.kinds import default, expects, fields, keys, lookup, step_keys
from mlops_cli.config.layers import variable
from mlops_cli.domain.pipelines import AutoMLStep, BatchStep, ScriptStep, StepSettings
from mlops_cli.status import EXIT_CODE_MEANING

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTE = "<!-- Written by `make docs`; do not edit. -->\n"
SETTINGS = {key: value for key, value in cli.context_settings.items() if key != "auto_envvar_prefix"}
PIPELINE = """# Keys of a pipeline

A file of its own has the keys that `pipeline` has in a profile: `name`, `version`, `description`, `parameters`
(names and defaults), `data` (names, each with a `path`, a registered `dataset` or a `model`) and `steps`. Its paths
are seen from the folder above `configs`, or from its own where it lies in none.

`$(parameters.NAME)` can stand in every text below `steps`; `$(inputs.NAME)` and `$(outputs.NAME)`, a path each, in
`arguments` and `environment.variables`. `$$(` is `$(` itself, `${NAME}` a variable of the environment. Outputs of an
automl step are `model` and `metrics`, that of a batch step is `results`.
"""
STEPS_HEADER = "| key | values | default | meaning |\n| --- | --- | --- | --- |"
KEYS_HEADER = "| key | values | variable | meaning |\n| --- | --- | --- | --- |\n"


def main() -> None:
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        sys.exit(f"out of date, run `make docs`: {', '.join(map(str, stale))}" if stale else 0)
    DOCS.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(pages()[path])
        print(f"wrote {path.relative_to(DOCS.parent)}")


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    return {
        DOCS / "commands.md": f"{NOTE}# Commands\n\n" + "\n".join(_commands(cli, "mlops")),
        DOCS / "exit-codes.md": f"{NOTE}# Exit codes\n\n| code | meaning |\n| --- | --- |\n" + _exit_codes(),
        DOCS / "pipeline.md": f"{NOTE}{PIPELINE}" + "\n".join(_steps()) + "\n",
        DOCS / "profile.md": f"{NOTE}# Keys of a profile\n\n{KEYS_HEADER}" + "\n".join(_keys()) + "\n",
    }


def _commands(command: click.Command, path: str) -> Iterator[str]:
    prefix = path.upper().replace(" ", "_").replace("-", "_")
    context = click.Context(command, info_name=path, auto_envvar_prefix=prefix, terminal_width=78, **SETTINGS)
    yield f"## `{path}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _commands(child, f"{path} {name}")


def _exit_codes() -> str:
    return "".join(f"| {int(code)} | {meaning} |\n" for code, meaning in EXIT_CODE_MEANING.items())


def _keys() -> Iterator[str]:
    """A row for each key that takes a value: what may stand there, its variable, its meaning."""
    for key in keys():
        spec = lookup(key)
        assert spec is not None
        if not list(fields(spec.type)):
            values = expects(spec.type).replace("|", "\\|")
            variable_name = "" if key == "extends" else f"`{variable(key)}`"
            yield f"| `{key}` | {values} | {variable_name} | {DESCRIPTIONS[key]} |"


def _steps() -> Iterator[str]:
    """A table of the keys that all steps have, and one for each type of what it has besides."""
    common = step_keys(StepSettings)
    yield f"\n## Every step\n\n{STEPS_HEADER}"
    yield f"| `type` | one of automl, batch, script | needed | {STEPS['type']} |"
    yield from map(_step_row, common.items())
    for step in (ScriptStep, AutoMLStep, BatchStep):
        yield f"\n## type: {step.__struct_config__.tag}\n\n{STEPS_HEADER}"
        yield from (_step_row(item) for item in step_keys(step).items() if item[0] not in common)


def _step_row(item: tuple[str, Field]) -> str:
    key, spec = item
    value = json.dumps(default(spec)) if default(spec) not in (None, [], {}) else ""
    shown = f"`{value}`" if value else "needed" if spec.required else ""
    return f"| `{key}` | {expects(spec.type)} | {shown} | {STEPS[key]} |".replace("|  |", "| |")


if __name__ == "__main__":
    main()
