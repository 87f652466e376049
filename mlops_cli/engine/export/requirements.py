"""The packages that an exported service needs, with those that they need, as installed here."""

import ast
import re
from collections import deque
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from mlops_cli.engine.model.folder import load_manifest
from mlops_cli.engine.serving.spec import ServiceSpec

SERVING = ("msgspec", "httptools", "uvloop")
FAST = ("numpy", "onnxruntime")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def pinned(folder: Path, spec: ServiceSpec) -> list[str]:
    """`name==version` of all that the service in `folder` imports, sorted."""
    found: dict[str, str] = {}
    waiting = deque(roots(folder, spec))
    while waiting:
        name = waiting.popleft()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[key] = f"{key}=={package.version}"
        waiting.extend(_needed(package.requires or []))
    return [found[key] for key in sorted(found)]


def roots(folder: Path, spec: ServiceSpec) -> list[str]:
    """The packages that the worker, the model or the user's own script name themselves."""
    if spec.fast:
        return [*SERVING, *FAST]
    names = list(SERVING)
    if spec.model_dir and (folder / spec.model_dir / "manifest.json").exists():
        names += load_manifest(folder / spec.model_dir).packages
    if spec.payload == "raw":
        names += _imported(folder / spec.entry_script)
    return names


def _needed(requirements: Iterable[str]) -> list[str]:
    """Names without those of extras; what a marker excludes here is not installed and drops out."""
    wanted = [text for text in requirements if "extra ==" not in text.replace("extra==", "extra ==")]
    return [match.group() for text in wanted if (match := _NAME.match(text))]


def _imported(script: Path) -> list[str]:
    """The distributions of the modules that a script imports anywhere."""
    owners = metadata.packages_distributions()
    modules = set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.split(".")[0])
    return sorted({owner for module in modules for owner in owners.get(module, []) if owner != "mlops-cli"})
