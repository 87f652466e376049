"""What is done to an endpoint that exists: start, stop, update, delete. One command at a time."""

import msgspec

from mlops_cli import paths
from mlops_cli.domain.endpoints import Endpoint, EndpointUpdate
from mlops_cli.engine.clock import now
from mlops_cli.engine.endpoints import control, packaging, recovery
from mlops_cli.engine.store import Store
from mlops_cli.errors import WorkFailedError
from mlops_cli.status import EndpointState


def start(store: Store, name: str) -> tuple[Endpoint, bool]:
    """Bring a stopped or failed endpoint up again, on its port; whether there was anything to do."""
    service = paths.endpoint_dir(store.home, name)
    with recovery.exclusive(service):
        endpoint = _deployed(store, name)
        if endpoint.state in (EndpointState.HEALTHY, EndpointState.UNHEALTHY):
            return endpoint, False
        control.bring_up(service, endpoint)
        return control.observed(service, endpoint), True


def stop(store: Store, name: str) -> tuple[Endpoint, bool]:
    """End the processes of an endpoint and keep everything else; whether there were any."""
    service = paths.endpoint_dir(store.home, name)
    with recovery.exclusive(service):
        endpoint = _deployed(store, name)
        was_stopped = endpoint.state == EndpointState.STOPPED
        control.stop(service)
        return control.observed(service, endpoint), not was_stopped


def update(store: Store, name: str, changes: EndpointUpdate) -> tuple[Endpoint, bool]:
    """Change settings of an endpoint; keys and model stay. Returns the endpoint and whether anything changed."""
    service = paths.endpoint_dir(store.home, name)
    with recovery.exclusive(service):
        before = _deployed(store, name)
        given = {key: value for key, value in msgspec.structs.asdict(changes).items() if value is not None}
        after = msgspec.structs.replace(before, **given)
        if after == before:
            return before, False
        after.updated_at = now()
        return change(store, before, after), True


def change(store: Store, before: Endpoint, after: Endpoint, *, start: bool = False) -> Endpoint:
    """Make of an endpoint what `after` says of settings; the caller is the only one to change it.

    Another auth and another number of workers need new ones, which lose no request.
    """
    if (after.auth, after.workers) != (before.auth, before.workers):
        _renew(store, before, after)
    return control.configure(store, paths.endpoint_dir(store.home, after.name), after, start=start)


def delete(store: Store, name: str) -> None:
    """End the endpoint and remove everything about it. Raises NotFoundError."""
    service = paths.endpoint_dir(store.home, name)
    store.endpoints.get(name)
    with recovery.exclusive(service):
        recovery.forget(store, service, name)


def _renew(store: Store, before: Endpoint, after: Endpoint) -> None:
    """Replace the workers by those of a further revision with the same files, whose number `after` takes."""
    service = paths.endpoint_dir(store.home, after.name)
    was_running = before.state != EndpointState.STOPPED
    try:
        after.revision = packaging.copy(service, before.revision, auth=after.auth)
        if was_running:
            control.install(service, after, after.revision)
            control.wait_until_serving(service, after.revision)
        store.endpoints.put(after)
    except BaseException:
        recovery.undo(store, service, before, was_running=was_running)
        raise
    recovery.remove_old_revisions(service, after.revision)


def _deployed(store: Store, name: str) -> Endpoint:
    store.endpoints.get(name)
    endpoint = recovery.recover(store, paths.endpoint_dir(store.home, name), name)
    if endpoint is None:
        raise WorkFailedError(f"the first deployment of {name} was interrupted", hint=f"mlops deploy {name}")
    return endpoint
