"""Runs a script with arguments that are put together: Azure fills in whole arguments only.

A copy stands beside the script in the code of a step, with a JSON file of its own name: `script`, `arguments`,
each a list of texts and of numbers of values. The values come as `--mlops-N VALUE`. It is a script by itself,
or the entry script of a batch step, whose init() and run() it hands on. Imports nothing of ours.
"""

import importlib.util
import json
import runpy
import sys
from pathlib import Path

FLAG = "--mlops-"


def joined(arguments: list[list[str | int]], given: list[str]) -> list[str]:
    """What was given without the values, and the arguments that are made of them."""
    values: dict[int, str] = {}
    others = []
    words = iter(given)
    for word in words:
        if word.startswith(FLAG):
            values[int(word.removeprefix(FLAG))] = next(words)
        else:
            others.append(word)
    if not values:
        return others
    texts = ["".join(values[one] if isinstance(one, int) else one for one in parts) for parts in arguments]
    return [*texts, *others]


def _script() -> str:
    told = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    sys.argv[1:] = joined(told["arguments"], sys.argv[1:])
    return str(Path(__file__).with_name(told["script"]))


if __name__ == "__main__":
    script = sys.argv[0] = _script()
    runpy.run_path(script, run_name="__main__")
elif Path(__file__).with_suffix(".json").exists():
    spec = importlib.util.spec_from_file_location("mlops_user_script", _script())
    assert spec is not None
    assert spec.loader is not None
    user = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = user
    spec.loader.exec_module(user)
    globals().update(
        {name: value for name, value in vars(user).items() if name in ("init", "run", "shutdown")}
    )
