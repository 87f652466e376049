"""Make or refresh `.venv`: `python scripts/environment.py local,dev`. Standard library only.

Takes the best interpreter it finds, installs the extras under `constraints.txt`, and says what it left out
and why. Does nothing when the environment is already as asked; a broken or half-made one is repaired.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
CANDIDATES = ("python3.11", "python3.12", "python3.13", "python3", "python")
SUPPORTED = ((3, 11), (3, 12), (3, 13))
PROBE = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
NOT_BY_DEFAULT = {
    "azure": "the Azure ML SDK v1: 600 MB, wants Python 3.11, not used by the local backend",
    "mlflow": "export to MLflow: 850 MB, not used by the local backend",
}


def main() -> None:
    wanted = set(_arguments().extras.split(","))
    os.chdir(ROOT)
    VENV.mkdir(exist_ok=True)
    with (VENV / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        have = _installed()
        if have is not None and wanted <= have:
            return
        _install(wanted | (have or set()), fresh=have is None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extras", help="comma-separated extras of pyproject.toml, such as local,dev")
    return parser.parse_args()


def _install(extras: set[str], *, fresh: bool) -> None:
    if fresh:
        python, version = _interpreter()
        _say(f"making .venv with Python {version[0]}.{version[1]} ({python})")
        for path in VENV.iterdir():
            if path.name != ".lock":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        _run(python, "-m", "venv", str(VENV))
    version = _version(str(VENV / "bin" / "python"))
    usable = _usable(extras, version)
    _say(f"installing mlops-cli[{','.join(sorted(usable))}]")
    target = f".[{','.join(sorted(usable))}]"
    pip = (str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--constraint", "constraints.txt", "--editable", target)
    STAMP.write_text(json.dumps({"extras": sorted(usable), "fingerprint": _fingerprint()}))
    for extra, why in NOT_BY_DEFAULT.items():
        if extra not in usable:
            _say(f"left out [{extra}] ({why}); to add it: make setup EXTRAS=local,emulator,dev,{extra}")


def _usable(extras: set[str], version: tuple[int, int]) -> set[str]:
    """The extras that this Python can have; the Azure AutoML client's metadata says < 3.12."""
    if "azure" in extras and version >= (3, 12):
        _say(f"left out [azure]: its AutoML client wants Python 3.11, this is {version[0]}.{version[1]}")
        return extras - {"azure"}
    return extras


def _installed() -> set[str] | None:
    """Extras that are installed as the project's files want them; None when `.venv` is to be made anew."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return None
    if _version(str(VENV / "bin" / "python")) not in SUPPORTED or stamp["fingerprint"] != _fingerprint():
        return None
    return set(stamp["extras"])


def _fingerprint() -> str:
    """A hash of what decides the environment: the requirements, the constraints and the place."""
    requirements = re.sub(r"(?s)\[tool\..*", "", (ROOT / "pyproject.toml").read_text())
    text = requirements + (ROOT / "constraints.txt").read_text() + str(ROOT)
    return hashlib.sha256(text.encode()).hexdigest()


def _interpreter() -> tuple[str, tuple[int, int]]:
    found = [(name, version) for name in CANDIDATES if (version := _version(name)) in SUPPORTED]
    if not found:
        sys.exit(
            "no usable Python: mlops needs 3.11, 3.12 or 3.13 with the modules venv and ensurepip\n"
            "(on Debian and Ubuntu: apt install python3.11 python3.11-venv)"
        )
    return min(found, key=lambda pair: SUPPORTED.index(pair[1]))


def _version(python: str) -> tuple[int, int] | None:
    try:
        answer = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    major, minor = answer.stdout.split()
    return int(major), int(minor)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False)
    if done.returncode != 0:
        sys.exit(f"failed ({done.returncode}): {' '.join(command)}")


def _say(text: str) -> None:
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    main()
