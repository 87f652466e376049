"""What may change while a worker runs: the keys, and what is kept of requests."""

import os
from collections.abc import Callable
from pathlib import Path

from mlops_cli.engine.serving.auth import gate
from mlops_cli.engine.serving.logs import ServiceLog
from mlops_cli.engine.serving.spec import (
    SECRETS_FILE,
    SERVICE_FILE,
    Secrets,
    ServiceSpec,
    read_secrets,
    read_spec,
)
from mlops_cli.errors import StateError

Stamp = tuple[int, int, int] | None


class Live:
    """`refuse` (see auth.gate), `app_insights` and `collect_data` as the files say now.

    `is_lasting` when what `refuse` has let in it always lets in: keys do not expire, but there is a new gate when
    they are others.
    """

    def __init__(self, service_dir: Path, spec: ServiceSpec, log: ServiceLog) -> None:
        self._dir = service_dir
        self._spec = spec
        self._log = log
        self._seen = {name: _stamp(service_dir / name) for name in (SERVICE_FILE, SECRETS_FILE)}
        self._read_service()
        self._read_secrets()

    def refresh(self) -> bool:
        """Read again what has changed; whether anything had. What cannot be read changes nothing."""
        service = self._changed(SERVICE_FILE) and self._try(self._read_service)
        secrets = self._changed(SECRETS_FILE) and self._try(self._read_secrets)
        return service or secrets

    def _read_service(self) -> None:
        spec = read_spec(self._dir)
        self.app_insights, self.collect_data = spec.app_insights, spec.collect_data

    def _read_secrets(self) -> None:
        secrets = Secrets("", "", "") if self._spec.auth == "none" else read_secrets(self._dir)
        self.is_lasting = self._spec.auth != "token"
        self.refuse = gate(self._spec.auth, self._spec.name, secrets)

    def _try(self, read: Callable[[], None]) -> bool:
        try:
            read()
        except StateError as error:
            self._log.write("WARNING", "service", f"kept the settings in use: {error.message}")
            return False
        return True

    def _changed(self, name: str) -> bool:
        stamp = _stamp(self._dir / name)
        if self._seen[name] == stamp:
            return False
        self._seen[name] = stamp
        return True


def _stamp(path: Path) -> Stamp:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
