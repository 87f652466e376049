"""A submitted run's own process: `python runner.py FOLDER`. Standard library only; knows nothing of the emulator.

FOLDER holds `job.json` ({command, cwd, env, unset, seconds}); the output of the command goes to `std_log.txt`,
its end to `result.json` ({exit_code, ended, cwd}), which is written in one step. `lock` is held while this lives.
A command that takes longer than `seconds` is ended with all that it has started; its exit_code is null.
"""

import contextlib
import datetime
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path


def main(folder: Path) -> None:
    with contextlib.suppress(PermissionError):
        os.setsid()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()
        job = json.loads((folder / "job.json").read_text())
        cwd = job["cwd"] or str(Path.cwd())
        result = {"exit_code": run(job, cwd, folder / "std_log.txt"), "ended": now(), "cwd": cwd}
        temporary = folder / ".result.json"
        temporary.write_text(json.dumps(result))
        temporary.replace(folder / "result.json")
        if result["exit_code"] is None:
            os.killpg(0, signal.SIGKILL)


def run(job: dict, cwd: str, log: Path) -> int | None:
    env = {name: value for name, value in os.environ.items() if name not in job["unset"]} | job["env"]
    with log.open("ab") as output:
        try:
            command = subprocess.Popen(
                job["command"], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        except OSError as error:
            output.write(f"{job['command'][0]} cannot be run: {error}\n".encode())
            return 127
        try:
            return command.wait(job.get("seconds"))
        except subprocess.TimeoutExpired:
            output.write(f"ended after {job['seconds']} s, the longest time of the run\n".encode())
            return None


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
