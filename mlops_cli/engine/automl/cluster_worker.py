"""What a worker of a Dask cluster does for a search elsewhere."""

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from msgspec import Struct

from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.fits import Fits
from mlops_cli.engine.automl.hosted import FitFailedError, HostedFits
from mlops_cli.engine.automl.quiet import quiet

_MOST_SEARCHES = 2
_ASK_EVERY = 0.5
_lock = threading.Lock()
_searches: dict[str, HostedFits] = {}


class Task(Struct):
    """Call `method` of the fits of search `token`; `seconds` from now on."""

    token: str
    method: str
    given: tuple[Any, ...]
    threads: int
    soft: bool
    seconds: float = 0.0


def work(fits: Fits, task: Task) -> tuple[str, Any]:
    """("value", what the fit gave), ("late", None) or ("error", a text)."""
    asked = _Asked(task.token)
    limits = Limits(time.time() + task.seconds, task.threads, task.soft, asked)
    try:
        with quiet():
            return "value", getattr(_hosted(fits, task.token), task.method)(*task.given, limits)
    except OutOfTimeError:
        return "late", None
    except FitFailedError as failure:
        return "error", str(failure)
    except Exception as failure:  # noqa: BLE001 whatever a library raises is told
        return "error", f"{type(failure).__name__}: {failure}"


def forget(token: str) -> None:
    """End the processes of a search and let its data go."""
    with _lock:
        hosted = _searches.pop(token, None)
    if hosted:
        hosted.close()


def _hosted(fits: Fits, token: str) -> HostedFits:
    """One per search; the oldest goes when there are too many, for a killed search tells nobody."""
    with _lock:
        if token not in _searches:
            while len(_searches) >= _MOST_SEARCHES:
                _searches.pop(next(iter(_searches))).close()
            _searches[token] = HostedFits(fits, Path(tempfile.mkdtemp(prefix="mlops-fits-")))
        return _searches[token]


class _Asked:
    """Whether the search wants no more of it; asks the scheduler now and then."""

    def __init__(self, token: str) -> None:
        from distributed import Event, get_client

        self._event = Event(token, client=get_client())
        self._next = 0.0
        self._said = False

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self._said and now >= self._next:
            self._next = now + _ASK_EVERY
            self._said = bool(self._event.is_set())
        return self._said
