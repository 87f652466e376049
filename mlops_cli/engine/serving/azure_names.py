"""The names under which entry scripts import Azure's raw HTTP, where Azure's packages are not installed."""

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any

from mlops_cli.engine.serving.aml import AMLRequest, AMLResponse
from mlops_cli.engine.serving.rawhttp import REQUEST_MODULES, rawhttp

RESPONSE_MODULES = tuple(name.replace("aml_request", "aml_response") for name in REQUEST_MODULES)


NAMES = frozenset(
    name.rsplit(".", depth)[0]
    for name in (*REQUEST_MODULES, *RESPONSE_MODULES)
    for depth in range(name.count(".") + 1)
)


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds Azure's modules where nobody else does; has to be the last finder."""

    def find_spec(
        self,
        fullname: str,
        path: Any = None,  # noqa: ARG002 the import system's signature
        target: Any = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in NAMES:
            return None
        is_package = fullname not in (*REQUEST_MODULES, *RESPONSE_MODULES)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        given: dict[str, Any] = {}
        if module.__name__ in REQUEST_MODULES:
            given = {"rawhttp": rawhttp, "AMLRequest": AMLRequest, "_rawHttpRequested": False}
        elif module.__name__ in RESPONSE_MODULES:
            given = {"AMLResponse": AMLResponse}
        vars(module).update(given)


def install() -> None:
    """Let entry scripts import Azure's names."""
    sys.meta_path.append(StandIns())
