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
from types import TracebackType
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
        return _left(end, plan_file)
    except BaseException as error:  # noqa: BLE001 - whatever ends the script is its error
        sys.stderr.write("".join(traceback.format_exception(type(error), error, _own_frames(error))))
        return _failed(error, plan_file)
    return 0


def _left(end: SystemExit, plan_file: Path) -> int:
    """What Python makes of sys.exit()."""
    if end.code is not None and not isinstance(end.code, int):
        sys.stderr.write(f"{end.code}\n")
        return _failed(end, plan_file)
    code = (end.code or 0) & 0xFF
    return code and _failed(SystemExit(code), plan_file, code)


def _failed(error: BaseException, plan_file: Path, code: int = 1) -> int:
    summary = {"type": type(error).__name__, "message": str(error)}
    (plan_file.parent / "error.json").write_text(json.dumps(summary))
    return code


def _own_frames(error: BaseException) -> TracebackType | None:
    """The traceback from the script's first frame on."""
    trace = error.__traceback__
    while trace and _is_around(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_around(file: str) -> bool:
    return file in (__file__, runpy.__file__) or file.startswith("<frozen")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
