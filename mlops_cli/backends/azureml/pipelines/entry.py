"""Stands before a script: puts arguments and variables together, as Azure fills in whole arguments only, and
gives rows types.

A copy stands beside the script in the code of a step, with a JSON file of its own name: `script`, `arguments` and
`variables`, each a list of texts and of numbers of values, `alone`, whether other arguments are hidden from the
script, and `types`, whether rows come as text. The values come as `--mlops-N VALUE`. It is a script by itself, or
the entry script of a batch step, whose init() and run() it hands on. Imports nothing of ours.
"""

import importlib.util
import io
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

FLAG = "--mlops-"


def split(given: list[str]) -> tuple[dict[int, str], list[str]]:
    """The values by their numbers, and what else was given."""
    values: dict[int, str] = {}
    others = []
    words = iter(given)
    for word in words:
        if word.startswith(FLAG):
            values[int(word.removeprefix(FLAG))] = next(words)
        else:
            others.append(word)
    return values, others


def joined(parts: list[str | int], values: dict[int, str]) -> str:
    return "".join(values[one] if isinstance(one, int) else one for one in parts)


def typed(rows: Any) -> Any:
    """A DataFrame of texts with the types that its values have here: numbers, booleans, ISO dates, None."""
    import pyarrow as pa
    from pyarrow import csv

    table = csv.read_csv(
        io.BytesIO(rows.to_csv(index=False).encode()),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(strings_can_be_null=True),
    )
    frame = table.to_pandas(date_as_object=False)
    frame.index = rows.index
    clock = [
        name
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if pa.types.is_time(kind)
    ]
    return frame.assign(**{name: rows[name] for name in clock})


def _script(told: dict[str, Any]) -> str:
    values, others = split(sys.argv[1:])
    script = str(Path(__file__).with_name(told["script"]))
    made, variables = told["arguments"], told["variables"]
    needed = {part for parts in (*made, *variables.values()) for part in parts if isinstance(part, int)}
    if needed <= values.keys():
        own = [joined(parts, values) for parts in made]
        sys.argv = [script, *own, *([] if told.get("alone") else others)]
        os.environ |= {name: joined(parts, values) for name, parts in variables.items()}
    return script


def _told() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return told


if __name__ == "__main__":
    runpy.run_path(_script(_told()), run_name="__main__")
elif Path(__file__).with_suffix(".json").exists():
    told = _told()
    spec = importlib.util.spec_from_file_location("mlops_user_script", _script(told))
    assert spec is not None
    assert spec.loader is not None
    user = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = user
    spec.loader.exec_module(user)
    globals().update(
        {name: value for name, value in vars(user).items() if name in ("init", "run", "shutdown")}
    )
    if told.get("types"):
        globals()["run"] = lambda rows: user.run(typed(rows))
