"""One virtual environment per engine, kept in a cache outside the repository."""

import os
import subprocess
import sys
from pathlib import Path

ENGINES = Path(__file__).parent / "engines"
NEEDS: dict[str, tuple[str, ...]] = {
    "mlops": (),
    "lightgbm": ("lightgbm==4.7.0", "scikit-learn", "pandas"),
    "flaml": ("flaml==2.7.0", "lightgbm", "xgboost-cpu<3", "scikit-learn", "pandas"),
    "autogluon": ("autogluon.tabular[lightgbm,catboost]==1.6.3", "xgboost-cpu"),
}


def cache() -> Path:
    """BENCH_AUTOML_CACHE, else the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("BENCH_AUTOML_CACHE") or Path(base) / "mlops-bench-automl")


def interpreter(engine: str) -> tuple[Path | None, str]:
    """The Python that runs `engine`, made when need be; without one, the reason why not."""
    if not NEEDS[engine]:
        return Path(sys.executable), ""
    home = cache() / "venvs" / engine
    ready, wanted = home / "installed.txt", "\n".join(NEEDS[engine])
    if not ready.exists() or ready.read_text() != wanted:
        print(f"{engine}: installing {', '.join(NEEDS[engine])} into {home}", flush=True)
        if reason := _install(home, NEEDS[engine]):
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
