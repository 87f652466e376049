"""Other servers, each in an environment of its own outside the repository."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[2]
CACHE = Path(tempfile.gettempdir()) / "mlops-bench"
MODEL_PACKAGES = ("numpy", "pandas", "lightgbm", "scikit-learn", "msgspec", "onnxruntime")
APPS = "benchmarks.serving.apps"


class Peer(NamedTuple):
    """`command(bin, port, path, model)` starts it; `path` is "trained" or "compiled", `model` the model's folder.

    `wrapped` is the member of the body that holds the rows.
    """

    name: str
    packages: tuple[str, ...]
    command: Callable[[Path, int, str, Path], list[str]]
    route: str = "/score"
    wrapped: str = "data"
    paths: tuple[str, ...] = ("trained", "compiled")


def _azure(bin: Path, port: int, path: str, _model: Path) -> list[str]:
    script = Path(__file__).parent / "apps" / f"azure_{path}.py"
    return [
        str(bin / "azmlinfsrv"),
        "--entry_script",
        str(script),
        "--port",
        str(port),
        "--worker_count",
        "1",
    ]


def _mlflow(bin: Path, port: int, path: str, model: Path) -> list[str]:
    folder = model if path == "trained" else _compiled_for_mlflow(model)
    options = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return [str(bin / "mlflow"), "models", "serve", "-m", str(folder), *options]


def _bento(bin: Path, port: int, path: str, _model: Path) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--working-dir", str(REPOSITORY)]
    return [str(bin / "bentoml"), "serve", f"{APPS}.bento_{path}:Bank", *options]


def _uvicorn(app: str) -> Callable[[Path, int, str, Path], list[str]]:
    def command(bin: Path, port: int, path: str, _model: Path) -> list[str]:
        options = ["--port", str(port), "--no-access-log", "--log-level", "warning", "--loop", "uvloop"]
        return [str(bin / "uvicorn"), f"{APPS}.{app.format(path)}:app", "--http", "httptools", *options]

    return command


_UVICORN = ("uvicorn", "uvloop", "httptools")
PEERS = (
    Peer("azureml-inference-server-http", ("azureml-inference-server-http",), _azure),
    Peer("mlflow models serve", ("mlflow",), _mlflow, "/invocations", "dataframe_records"),
    Peer("bentoml", ("bentoml",), _bento),
    Peer("fastapi", ("fastapi", *_UVICORN), _uvicorn("fastapi_{}")),
    Peer("bare uvicorn", _UVICORN, _uvicorn("bare_asgi"), paths=("compiled",)),
)


def install(peer: Peer) -> Path:
    """The `bin` folder of the peer's environment, made if need be. Raises RuntimeError saying why it cannot be."""
    home = CACHE / peer.packages[0]
    done = home / "installed"
    packages = [*(f"{name}=={metadata.version(name)}" for name in MODEL_PACKAGES), *peer.packages]
    wanted = f"{sys.version}\n" + "\n".join(packages)
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(home)])
        _run([str(home / "bin" / "pip"), "install", "-q", *packages])
        done.write_text(wanted)
    return home / "bin"


def versions(peer: Peer, bin: Path) -> str:
    code = f"from importlib.metadata import version; print(version({peer.packages[0]!r}))"
    return subprocess.run([str(bin / "python"), "-c", code], capture_output=True, text=True).stdout.strip()


def _run(command: list[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError((ended.stderr.strip().splitlines() or ["pip failed"])[-1][:300])


def _compiled_for_mlflow(model: Path) -> Path:
    """The model's folder with another loader; the signature stays."""
    folder = model.with_name("mlflow-compiled")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    description = json.loads((model / "MLmodel").read_text())
    loader = {"loader_module": f"{APPS}.mlflow_compiled", "python_version": sys.version.split()[0]}
    description["flavors"] = {"python_function": loader}
    (folder / "MLmodel").write_text(json.dumps(description))
    return folder
