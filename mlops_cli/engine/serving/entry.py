"""The entry script: load it, call its `init()`, find out what its `run()` wants to be given."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from mlops_cli.engine.serving import azure_names, rawhttp
from mlops_cli.engine.serving.arguments import REQUIRED
from mlops_cli.engine.serving.documents import decoration
from mlops_cli.engine.serving.frames import summary, user_frames, where
from mlops_cli.engine.serving.payload import Payload
from mlops_cli.engine.serving.spec import EntryFailedError, StartupFailure

Style = Literal["rows", "text", "named", "request"]
MODULE_NAME = "entry_module"


class EntryScript:
    """`run()` with the ways to call it. `style` is what it is given: rows, the body as text, names, a request.

    `defaults` has the parameters for data by name, `REQUIRED` where one must be given.
    """

    def __init__(self, run: Callable[..., Any], payload: Literal["rows", "raw"]) -> None:
        parameters = inspect.signature(run).parameters.values()
        self.run = run
        self.defaults = {p.name: p.default for p in parameters if p.name != "request_headers"}
        self.wants_headers = len(self.defaults) < len(parameters)
        self.takes_method = "method" in self.defaults
        self._first = next(iter(self.defaults), "")
        needed = [name for name, default in self.defaults.items() if default is REQUIRED]
        self.decoration = decoration(run)
        if rawhttp.is_wanted():
            self.style: Style = "request"
        elif payload == "rows":
            self.style = "rows"
        else:
            self.style = "named" if len(needed) > 1 or self.decoration else "text"

    def call_rows(self, payload: Payload) -> Any:
        more: dict[str, Any] = {"method": payload.method} if self.takes_method else {}
        if payload.quantiles and "quantiles" in self.defaults:
            more["quantiles"] = payload.quantiles
        return self.run(payload.rows, **more)

    def call_first(self, value: Any, headers: Mapping[str, str]) -> Any:
        return self.call_named({self._first: value}, headers)

    def call_named(self, values: dict[str, Any], headers: Mapping[str, str]) -> Any:
        more = {"request_headers": headers} if self.wants_headers else {}
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
    entry = EntryScript(_run_of(module), payload)
    _check(entry, script.name)
    try:
        module.init()
    except BaseException as error:
        raise EntryFailedError(_failure("InitFailed", "init() of the entry script failed", error)) from error
    return entry


def _run_of(module: ModuleType) -> Callable[..., Any]:
    """A script that Azure's SDK has written around the user's own has that one as `driver_module`."""
    return getattr(getattr(module, "driver_module", None), "run", module.run)


def _check(entry: EntryScript, script: str) -> None:
    """What Azure's server does not start with either."""
    kinds = {p.kind for p in inspect.signature(entry.run).parameters.values()}
    if kinds - {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}:
        raise _unfit(f"run() of {script} must not have positional-only arguments, *args or **kwargs")
    if not entry.defaults:
        raise _unfit(f"run() of {script} must accept an argument for the data")
    if entry.style == "request" and entry.decoration:
        raise _unfit(f"run() of {script} cannot have both @rawhttp and @input_schema", "use one of them")


def _unfit(message: str, hint: str = "write run(data)") -> EntryFailedError:
    return EntryFailedError(StartupFailure("EntryScript", message, hint))


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
