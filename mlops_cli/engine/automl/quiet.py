"""The libraries' chatter, kept off the terminal."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ignoring(*categories: type[Warning]) -> Iterator[None]:
    with warnings.catch_warnings():
        for category in categories or (Warning,):
            warnings.simplefilter("ignore", category)
        yield
