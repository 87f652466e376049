"""What Azure puts around a submitted script: `python run_script.py PLAN.json`.

Brings the inputs to local folders, runs the script as `__main__` and takes the outputs to where they belong.
Imports the SDK of the Python it runs in, nothing of ours.
"""

import json
import os
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from run_inputs import bring, bring_reference
from run_outputs import give_back, keep, make_way, register_linked, stamps, take


def main(plan_file: Path) -> int:
    plan = json.loads(plan_file.read_text())
    for data in plan["inputs"]:
        bring(plan, data)
    for data in plan["references"]:
        bring_reference(plan, data)
    before = {data["local"]: stamps(data) for data in plan["references"]}
    for data in plan["outputs"]:
        if data["local"]:
            Path(data["local"]).mkdir(parents=True, exist_ok=True)
    make_way([data["local"] for data in plan["outputs"] if data.get("mode") == "upload"])
    _surround()
    code = subprocess.call(["/bin/bash", "-c", plan["command"]]) if plan["command"] else run(plan, plan_file)
    if code == 0:
        for data in plan["outputs"]:
            take(data) if data["local"] else register_linked(data)
    else:
        for data in [one for one in plan["outputs"] if one.get("mode") == "mount"]:
            keep(data)
    for data in plan["references"]:
        give_back(data, before[data["local"]])
    return code


def _surround() -> None:
    """What a script finds: the folders that the run keeps, and its own Python as `python`."""
    for kept in ("outputs", "logs"):
        Path(kept).mkdir(exist_ok=True)
    os.environ["AZUREML_OUTPUT_DIRECTORY"] = "./outputs"
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"


def run(plan: dict[str, Any], plan_file: Path) -> int:
    """Run the script; a failure is printed as Python would, and summed up for the run's error."""
    sys.argv = [plan["script"], *plan["arguments"]]
    sys.path[0] = str(Path(plan["script"]).resolve().parent)
    try:
        runpy.run_path(plan["script"], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    except BaseException as error:  # noqa: BLE001 - whatever ends the script is its error
        own = [
            f
            for f in traceback.extract_tb(error.__traceback__)
            if f.filename not in (__file__, runpy.__file__)
        ]
        shown = [f for f in own if not f.filename.startswith("<frozen")]
        lines = ["Traceback (most recent call last):\n", *traceback.format_list(shown)]
        sys.stderr.write("".join([*lines, *traceback.format_exception_only(error)]))
        summary = {"type": type(error).__name__, "message": str(error)}
        (plan_file.parent / "error.json").write_text(json.dumps(summary))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
