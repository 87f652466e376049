"""The libraries' chatter kept off the terminal, their hidden threads kept off the cores."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings; matrix products use one thread, since whole fits run side by side.

    Filters alone do not do: scikit-learn resets them in its own threads.
    """
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        warnings.simplefilter("ignore")
        warnings.showwarning = _nowhere
        yield


def _nowhere(*_args: Any, **_kwargs: Any) -> None:
    return None
