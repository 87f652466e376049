"""Every call of the backend passes here: the SDK is silenced, and its exceptions become our errors."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import Any

from mlops_cli.backends.azureml import errors, sdk
from mlops_cli.errors import MlopsError

READS = ("list", "get", "children", "keys", "status", "plan", "preview")
WAIT_AT_MOST_SECONDS = 60.0
TRIES = 3


class Guarded:
    """A part of the backend with all its methods guarded. A throttled read waits as long as Azure asks."""

    def __init__(self, part: Any) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._part, name)
        if not callable(value):
            return value
        return _guarded(value, TRIES if name in READS else 1)


@contextlib.contextmanager
def guard() -> Iterator[None]:
    """A context in which the SDK may be called. Raises errors of ours only."""
    with sdk.quiet():
        try:
            yield
        except MlopsError:
            raise
        except Exception as error:
            raise errors.translated(error) from error


def _guarded(method: Callable[..., Any], tries: int) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **settings: Any) -> Any:
        for left in reversed(range(tries)):
            try:
                with guard():
                    result = method(*args, **settings)
                return _guarded_lines(result) if isinstance(result, GeneratorType) else result
            except errors.ThrottledError as error:
                if not left or error.seconds > WAIT_AT_MOST_SECONDS:
                    raise
                time.sleep(error.seconds)
        raise AssertionError("the last try returns or raises")

    return call


def _guarded_lines(lines: Iterator[Any]) -> Iterator[Any]:
    """The same lines, each fetched under guard and handed out without it."""
    while True:
        with guard():
            try:
                line = next(lines)
            except StopIteration:
                return
        yield line
