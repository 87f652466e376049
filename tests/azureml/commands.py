"""Runs `mlops` command lines one after the other in one process that has the SDK: `commands.py IN OUT`.

IN is a JSON list of argument lists, OUT a list of {code, stdout, stderr}. The word {run_id} stands for the
run of the line before. Nothing else may reach this process's own stdout.
"""

import io
import json
import os
import sys
from pathlib import Path

from mlops_cli.cli.app import App
from mlops_cli.cli.main import run


def main(source: Path, target: Path) -> None:
    results = []
    for args in json.loads(source.read_text()):
        out, err = io.StringIO(), io.StringIO()
        if "{run_id}" in args:
            run_id = json.loads(results[-1]["stdout"])["run_id"]
            args = [run_id if word == "{run_id}" else word for word in args]
        code = run(args, App(environ=os.environ, cwd=Path.cwd(), stdout=out, stderr=err))
        results.append({"code": code, "stdout": out.getvalue(), "stderr": err.getvalue()})
    target.write_text(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
