"""Imports run in one direction, and the Azure SDK and click stay where they belong."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "mlops_cli"

LEAVES = ("domain", "config", "errors", "status", "paths", "writing", "__init__")
ALLOWED = {
    "status": (),
    "errors": ("status",),
    "paths": (),
    "writing": ("errors", "status"),
    "domain": ("domain", "errors", "status"),
    "config": LEAVES,
    "web": ("web", "errors", "status"),
    "bench": ("bench", "domain", "errors", "status", "writing"),
    "report": ("report", "bench.report", "domain", "errors", "status"),
    "engine": ("engine", "domain", "errors", "status", "paths", "__init__"),
    "engine.serving": ("engine.serving", "domain", "errors", "status"),
    "engine.serving.fast": (
        "engine.serving",
        "engine.model.columns",
        "engine.model.values",
        "domain",
        "errors",
        "status",
    ),
    "engine.compile": (
        "engine.compile",
        "engine.model",
        "engine.serving.fast",
        "engine.data.reading",
        "domain",
        "errors",
        "status",
    ),
    "engine.model": ("engine.model", "domain", "errors", "status"),
    "engine.store": ("engine.store", "engine.files", "domain", "errors", "status", "paths"),
    "emulator": ("emulator", "engine", "domain", "errors", "status", "paths", "__init__"),
    "backends": ("backends", "engine", *LEAVES),
    "services": ("services", "backends.base", "backends.registry", "bench", "report", "web", *LEAVES),
    "services.data": (
        "services",
        "backends.base",
        "engine.data.fetching",
        "engine.data.catalogue",
        *LEAVES,
    ),
    "cli": ("cli", "services", "backends.registry", "backends.base", "bench", "emulator", *LEAVES),
    "__main__": ("cli",),
    "__init__": (),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imports_of(path: Path) -> set[str]:
    """Full names of all modules imported anywhere in the file, inside functions too, except for types only."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import hides where it goes"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(module: str) -> str:
    """The most specific rule that speaks about the module."""
    return max((name for name in ALLOWED if module == name or module.startswith(name + ".")), key=len)


def allowed(importer: str, imported: str) -> bool:
    target = imported.removeprefix("mlops_cli").lstrip(".") or "__init__"
    if target == "__version__":
        target = "__init__"
    return any(target == name or target.startswith(name + ".") for name in ALLOWED[room(importer)])


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_run_downwards(path: Path) -> None:
    ours = {name for name in imports_of(path) if name.split(".")[0] == "mlops_cli"}
    wrong = sorted(name for name in ours if not allowed(module_name(path), name))
    assert not wrong, f"{module_name(path)} may import {ALLOWED[room(module_name(path))]}, not {wrong}"


def importers_of(package: str) -> set[str]:
    return {module_name(p) for p in MODULES if any(n.split(".")[0] == package for n in imports_of(p))}


def test_only_the_azureml_backend_imports_the_sdk() -> None:
    """And three of the emulator's, in processes of their own: what is put around a submitted script, what cuts
    mini-batches, and what reads a table for training with Azure's reader, where that is installed."""
    rooms = (
        "backends.azureml",
        "emulator.azure.execution.run_",
        "emulator.azure.jasmine.rows",
        "emulator.azure.pipeline.parallel_batches",
    )
    assert all(name.startswith(rooms) for name in importers_of("azureml"))


def test_only_the_command_line_knows_click() -> None:
    assert all(name.startswith("cli.") for name in importers_of("click"))


def test_every_room_has_a_rule_that_is_used() -> None:
    rooms = {room(module_name(path)) for path in MODULES}
    missing = {name for name in ALLOWED if (PACKAGE / name.replace(".", "/")).exists()} - rooms
    assert not missing
