"""The entry script: load it, call its `init()`, find out what its `run()` wants to be given."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from mlops_cli.engine.serving import azure_names, rawhttp
from mlops_cli.engine.serving.documents import decoration
from mlops_cli.engine.serving.frames import summary, user_frames, where
from mlops_cli.engine.serving.payload import Payload
from mlops_cli.engine.serving.spec import EntryFailedError, StartupFailure

Style = Literal["rows", "text", "named", "request"]
MODULE_NAME = "entry_module"


class EntryScript:
    """`run()` with the ways to call it. `style` is what it is given: rows, the body as text, names, a request."""

    def __init__(self, run: Callable[..., Any], payload: Literal["rows", "raw"]) -> None:
        parameters = [p for p in inspect.signature(run).parameters.values() if p.kind not in _STARS]
        names = [p.name for p in parameters if p.name != "request_headers"]
        self.run = run
        self.names = names
        self.wants_headers = len(names) < len(parameters)
        self.takes_method = "method" in names
        needed = [p.name for p in parameters if p.name in names and p.default is p.empty]
        self.decoration = decoration(run)
        if rawhttp.is_wanted():
            self.style: Style = "request"
        elif payload == "rows":
            self.style = "rows"
        else:
            self.style = "named" if len(needed) > 1 or self.decoration else "text"

    def call_rows(self, payload: Payload) -> Any:
        more: dict[str, Any] = {"method": payload.method} if self.takes_method else {}
        if payload.quantiles and "quantiles" in self.names:
            more["quantiles"] = payload.quantiles
        return self.run(payload.rows, **more)

    def call_text(self, text: str, headers: Mapping[str, str]) -> Any:
        return self.run(text, request_headers=dict(headers)) if self.wants_headers else self.run(text)

    def call_named(self, values: dict[str, Any], headers: Mapping[str, str]) -> Any:
        more = {"request_headers": dict(headers)} if self.wants_headers else {}
        return self.run(**values, **more)


def load(script: Path, payload: Literal["rows", "raw"]) -> EntryScript:
    """Import `script` as a module of its own and call its `init()`. EntryFailedError shows the user's frames."""
    azure_names.install()
    module = _import(script)
    for name in ("init", "run"):
        if not callable(getattr(module, name, None)):
            hint = "an entry script defines init() and run(data)"
            raise EntryFailedError(
                StartupFailure("EntryScript", f"{script.name} has no function {name}()", hint)
            )
    entry = EntryScript(module.run, payload)
    if not entry.names:
        message = f"run() of {script.name} must accept an argument for the data"
        raise EntryFailedError(StartupFailure("EntryScript", message, "write run(data)"))
    try:
        module.init()
    except BaseException as error:
        raise EntryFailedError(_failure("InitFailed", "init() of the entry script failed", error)) from error
    return entry


def _import(script: Path) -> ModuleType:
    sys.path.insert(0, str(script.parent))
    found = importlib.util.spec_from_file_location(MODULE_NAME, script)
    if found is None or found.loader is None:
        raise EntryFailedError(StartupFailure("EntryScript", f"{script.name} is not a Python file"))
    module = importlib.util.module_from_spec(found)
    sys.modules[MODULE_NAME] = module
    try:
        found.loader.exec_module(module)
    except BaseException as error:
        raise EntryFailedError(_failure("EntryScript", "the entry script cannot be loaded", error)) from error
    return module


def _failure(code: str, what: str, error: BaseException) -> StartupFailure:
    frames = user_frames(error)
    place = f" ({where(frames)})" if frames else ""
    message = f"{what}: {summary(error)}{place}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        hint = f"install the package that has the module '{error.name}', then deploy again"
        return StartupFailure("MissingModule", message, hint, frames, error.name)
    return StartupFailure(code, message, None, frames)


_STARS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
