"""The folder of an exported service: built and tried like any deployment, then written whole or not at all.

serve.py  requirements.txt  README.md  Dockerfile  .dockerignore  compose.yaml
app/mlops_cli/    the scoring service, without the rest of mlops
service/          what a worker serves: service.json, model, entry script, compiled model
kubernetes/       manifests, for that target
"""

import hashlib
import shutil
import tempfile
from pathlib import Path

import mlops_cli
from mlops_cli.domain.deployment import Exported
from mlops_cli.engine.endpoints import planning
from mlops_cli.engine.endpoints.deployment import Deployment, OnPhase
from mlops_cli.engine.endpoints.layout import revision_dir
from mlops_cli.engine.endpoints.packaging import Source
from mlops_cli.engine.export import docker, instructions, kubernetes, requirements
from mlops_cli.engine.files import state_errors
from mlops_cli.engine.serving.spec import SERVICE_FILE, ServiceSpec, read_spec
from mlops_cli.engine.store import Store
from mlops_cli.errors import UsageError

_PACKAGE = Path(mlops_cli.__file__).parent
SHIPPED = ("__init__.py", "errors.py", "status.py", "engine/__init__.py")
SHIPPED_FOLDERS = ("domain", "engine/serving", "engine/model")
_START = '''\
"""Start the service: python serve.py --port 5001"""

import os
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
os.environ["PYTHONPATH"] = str(here / "app")
module = ["-P", "-m", "mlops_cli.engine.serving.standalone", str(here / "service")]
os.execv(sys.executable, [sys.executable, *module, *sys.argv[1:]])
'''


class Export(Deployment):
    """Writes `source` out; nothing of it stays in the store."""

    def __init__(self, store: Store, source: Source, sample: bytes | None, on_phase: OnPhase) -> None:
        super().__init__(store, source, sample, on_phase)
        if source.settings.auth == "token":
            hint = "choose --auth key"
            raise UsageError(
                "tokens are made by mlops on this machine; elsewhere nobody makes them", hint=hint
            )

    def write(self, out: Path) -> Exported:
        """Write the folder `out`. UsageError when something else stands there."""
        check_place(out)
        with state_errors(out.parent), tempfile.TemporaryDirectory(prefix=".mlops-") as work:
            self._service = Path(work) / "service"
            self._service.mkdir()
            endpoint = planning.target(self._store, None, self._source)
            revision = revision_dir(self._service, self._build(endpoint))
            draft = Path(work) / "out"
            write_files(self._source, revision, draft, self._about())
            changed = digest(draft) != digest(out)
            if changed:
                _replace(draft, out)
        files = sorted(str(path.relative_to(out)) for path in out.iterdir())
        return Exported(self._source.name, self._source.settings.target, str(out), files, changed)


def check_place(out: Path) -> None:
    """Raise UsageError when `out` is neither new, nor empty, nor an earlier export."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file", hint="choose a folder: --out DIR")
    if out.is_dir() and any(out.iterdir()) and not (out / "service" / SERVICE_FILE).is_file():
        raise UsageError(f"{out} holds something else", hint="choose a new folder: --out DIR")


def write_files(source: Source, revision: Path, draft: Path, about: str) -> None:
    """Everything, from a built revision."""
    spec = read_spec(revision)
    shutil.copytree(revision, draft / "service")
    copy_app(draft / "app" / "mlops_cli")
    packages = requirements.pinned(revision, spec)
    texts = {"serve.py": _START, "requirements.txt": "\n".join(packages) + "\n"}
    tag = hashlib.sha256((digest(draft) + texts["requirements.txt"]).encode()).hexdigest()[:12]
    texts |= _container_files(source, spec, packages, about, f"{source.name}:{tag}")
    for name, text in texts.items():
        (draft / name).parent.mkdir(exist_ok=True)
        (draft / name).write_text(text)
    _let_everybody_read(draft)


def copy_app(target: Path) -> None:
    """The scoring service with all that it imports of ours."""
    for name in SHIPPED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_PACKAGE / name, target / name)
    for name in SHIPPED_FOLDERS:
        shutil.copytree(_PACKAGE / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))


def digest(folder: Path) -> str:
    """SHA-256 over names and contents of all files; of nothing when there is no folder."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(folder)}\0{content}\n".encode())
    return found.hexdigest()


def _container_files(
    source: Source, spec: ServiceSpec, packages: list[str], about: str, image: str
) -> dict[str, str]:
    settings = source.settings
    is_kubernetes = settings.target == "kubernetes"
    has_key = spec.auth == "key"
    found = {
        "Dockerfile": docker.dockerfile(packages, 1 if is_kubernetes else source.workers()),
        ".dockerignore": docker.IGNORED,
        "compose.yaml": docker.compose(
            source.name,
            image,
            has_key=has_key,
            cpu_cores=settings.cpu_cores,
            memory_gb=settings.memory_gb,
        ),
        "README.md": instructions.readme(
            source.name,
            about,
            image,
            has_key=has_key,
            collects=spec.collect_data,
            kubernetes=is_kubernetes,
        ),
    }
    if is_kubernetes:
        workload = kubernetes.Workload(
            name=source.name,
            image=image,
            replicas=source.workers(),
            cpu_cores=settings.cpu_cores,
            memory_gb=settings.memory_gb,
            has_key=has_key,
            seconds=spec.scoring_timeout_ms / 1000,
        )
        found |= {f"kubernetes/{name}": text for name, text in kubernetes.manifests(workload).items()}
    return found


def _let_everybody_read(folder: Path) -> None:
    """The container's user is another one; no secret is among the files."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _replace(draft: Path, out: Path) -> None:
    """Put the draft in the place of `out`; it may come from another file system."""
    out.parent.mkdir(parents=True, exist_ok=True)
    near = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        shutil.copytree(draft, near / "new")
        if out.exists():
            out.replace(near / "old")
        (near / "new").replace(out)
    finally:
        shutil.rmtree(near, ignore_errors=True)
