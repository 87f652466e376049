"""One command at a time for an endpoint, and order after a command that failed or was killed."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.engine.endpoints import control, layout
from mlops_cli.engine.files import locked
from mlops_cli.engine.store import Store
from mlops_cli.errors import TimeoutExceededError

WAIT_SECONDS = 600.0
POLL_SECONDS = 0.1
KEPT_REVISIONS = 2


@contextlib.contextmanager
def exclusive(service: Path, *, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Wait until no other command changes the endpoint, and keep others waiting meanwhile."""
    deadline = time.monotonic() + seconds
    while True:
        with locked(layout.deploy_lock(service), wait=False) as mine:
            if mine:
                yield
                return
        if time.monotonic() > deadline:
            message = f"another command has been changing {service.name} for {seconds:.0f} s"
            raise TimeoutExceededError(message, hint=f"see: mlops endpoints show {service.name}")
        time.sleep(POLL_SECONDS)


def is_busy(service: Path) -> bool:
    """Whether a command changes the endpoint right now."""
    with locked(layout.deploy_lock(service), wait=False) as free:
        return not free


def recover(store: Store, service: Path, name: str) -> Endpoint | None:
    """Bring back the last good revision if a deployment was killed; the endpoint as it is then, if any."""
    endpoint = store.endpoints.find(name)
    if endpoint is None or endpoint.revision == 0:
        forget(store, service, name)
        return None
    _switch_back(service, endpoint)
    return control.observed(service, endpoint)


def undo(store: Store, service: Path, existing: Endpoint | None, *, was_running: bool) -> None:
    """Leave what was there before a deployment that failed."""
    if existing is None:
        forget(store, service, service.name)
        return
    if was_running:
        _switch_back(service, existing)
        control.ensure_supervisor(service, existing)
    else:
        control.stop(service)
    for folder in _revisions(service):
        if int(folder.name) > existing.revision:
            shutil.rmtree(folder, ignore_errors=True)


def forget(store: Store, service: Path, name: str) -> None:
    """End the endpoint's processes and remove everything about it."""
    if service.exists():
        control.stop(service)
        shutil.rmtree(service, ignore_errors=True)
    if store.endpoints.find(name):
        store.endpoints.delete(name)


def remove_old_revisions(service: Path, current: int) -> None:
    """Keep `current` and the newest before it."""
    for folder in sorted(_revisions(service), key=lambda path: -int(path.name))[KEPT_REVISIONS:]:
        if int(folder.name) != current:
            shutil.rmtree(folder, ignore_errors=True)


def _switch_back(service: Path, endpoint: Endpoint) -> None:
    """Have the endpoint's last good revision run, if another was to, and drop what was half copied."""
    desired = layout.read_desired(service)
    if desired and desired.generation != endpoint.revision:
        control.install(service, endpoint, endpoint.revision)
    for draft in (service / "revisions").glob(".*"):
        shutil.rmtree(draft, ignore_errors=True)


def _revisions(service: Path) -> list[Path]:
    return [path for path in (service / "revisions").glob("*") if path.name.isdigit()]
