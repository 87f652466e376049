"""What the SDK is told before it is imported, and where its chatter goes."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator

KNOBS = {
    # Its HTTP layer tries four times and honours Retry-After; on top of that the SDK tries 224 seconds more.
    "AZUREML_DEFAULT_RETRIES": "1",
    "AZUREML_DEFAULT_BACKOFF": "1",
    "AZUREML_DEFAULT_503_BACKOFF": "1",
    "AZUREML_DEFAULT_500_BACKOFF": "1",
    "AZUREML_LOG_DEPRECATION_WARNING_ENABLED": "False",
}
TALKERS = ("azureml", "azure", "msal", "msrest", "msrestazure", "urllib3", "cli", "adal", "dprep")


class Sink(io.TextIOBase):
    """A stream that forgets."""

    def write(self, text: str) -> int:
        return len(text)


def prepare() -> None:
    """Set what the SDK reads from its process when it is imported, and give its loggers a silent handler."""
    from mlops_cli.backends.azureml import patience

    patience.limit()
    for name, value in KNOBS.items():
        os.environ.setdefault(name, value)
    for name in TALKERS:
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what the SDK prints and warns of off both streams; errors come as exceptions."""
    with contextlib.redirect_stdout(Sink()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
