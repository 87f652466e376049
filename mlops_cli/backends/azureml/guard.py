"""Every call of the backend passes here: the SDK is silenced, and its exceptions become our errors.

Trying again is left to the SDK, which honours Retry-After; `sdk` keeps that within a minute.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import Any

from mlops_cli.backends.azureml import errors, sdk
from mlops_cli.errors import MlopsError


class Guarded:
    """A part of the backend with all its methods guarded."""

    def __init__(self, part: Any) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._part, name)
        return _guarded(value) if callable(value) else value


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


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **settings: Any) -> Any:
        with guard():
            result = method(*args, **settings)
        return _guarded_lines(result) if isinstance(result, GeneratorType) else result

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
