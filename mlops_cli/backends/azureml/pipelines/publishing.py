"""Publishing: an upsert by content on which machines that do it at the same time agree."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_cli.backends.azureml.failure import learn
from mlops_cli.backends.azureml.pipelines.versions import Told, Versions
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.publishing import PublishedPipeline, PublishRequest, check_default
from mlops_cli.errors import MlopsError, NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.pipeline.core import PipelineEndpoint as AzureEndpoint
    from azureml.pipeline.core import PublishedPipeline as AzurePublished

CONFLICT = 409
TRIES = 10
PAUSE_SECONDS = 0.2
Publish = Callable[[Told], "AzurePublished"]


class Publishing:
    """Adds versions to endpoints and changes what they run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._versions = Versions(session)

    def upsert(self, told: Told, request: PublishRequest, publish: Publish) -> tuple[PublishedPipeline, bool]:
        """Add a version unless the latest has the same content; whether anything changed.

        `publish` sends graph and code. It is called at most once, and what it made is switched off when
        another machine's version with the same content came first.
        """
        latest = self._latest(told.name)
        if latest and latest.content_hash == told.content:
            return self._defaulted(latest, request)
        if request.dry_run:
            number = latest.version + 1 if latest else 1
            return told.version(number), True
        made = publish(told)
        found = self._joined(told, made)
        if found.id != made.id:
            made.disable()
            return self._defaulted(found, request)
        return self._defaulted(found, request)[0], True

    def _joined(self, told: Told, made: AzurePublished) -> PublishedPipeline:
        """The version that stands for the content: ours, or the one that came before it."""
        for attempt in range(TRIES):
            endpoint = self._versions.find(told.name)
            known = self._versions.all(endpoint) if endpoint else []
            mine = next((at for at, one in enumerate(known) if one.id == made.id), 0)
            if known and known[mine].content_hash == told.content:
                return _first_of_its_run(known[mine:])
            try:
                self._add(endpoint, told.name, made)
            except Exception as error:
                if attempt == TRIES - 1:
                    raise
                self._tell(told.name, error)
            time.sleep(PAUSE_SECONDS * attempt)
        raise _busy(told.name)

    def _add(self, endpoint: AzureEndpoint | None, name: str, made: AzurePublished) -> None:
        from azureml.pipeline.core import PipelineEndpoint

        if endpoint is None:
            PipelineEndpoint.publish(
                self._session.workspace, name=name, pipeline=made, description=f"{name}, by mlops"
            )
        else:
            endpoint.add(made)

    def _latest(self, name: str) -> PublishedPipeline | None:
        endpoint = self._versions.find(name)
        known = self._versions.all(endpoint) if endpoint else []
        return known[0] if known else None

    def _defaulted(self, found: PublishedPipeline, request: PublishRequest) -> tuple[PublishedPipeline, bool]:
        if not request.set_default or found.is_default:
            return found, False
        check_default(found)
        if request.dry_run:
            return found, True
        moved = self.set_default(found.name, found.version)
        found.is_default = True
        return found, moved

    def version(self, name: str, version: int) -> PublishedPipeline:
        """Raises NotFoundError."""
        known = self._versions.all(self._versions.endpoint(name))
        found = next((one for one in known if one.version == version), None)
        if found is None:
            have = ", ".join(f"v{one.version}" for one in known)
            raise NotFoundError(f"pipeline '{name}' has no v{version}; there is: {have}")
        return found

    def set_default(self, name: str, version: int) -> bool:
        """Whether the endpoint ran another version. Raises NotFoundError, UsageError for a disabled one."""
        return self._insist(name, lambda: self._set_default(name, version))

    def _set_default(self, name: str, version: int) -> bool:
        found = self.version(name, version)
        check_default(found)
        if found.is_default:
            return False
        self._versions.endpoint(name).set_default_version(str(version - 1))
        return True

    def set_enabled(self, name: str, version: int | None, enabled: bool) -> bool:
        """Whether it was otherwise. Raises NotFoundError."""
        return self._insist(name, lambda: self._set_enabled(name, version, enabled))

    def _insist(self, name: str, change: Callable[[], bool]) -> bool:
        """Make a change again while other machines change the endpoint at the same moment."""
        for attempt in range(TRIES):
            try:
                return change()
            except Exception as error:
                if learn(error).status != CONFLICT:
                    raise
                self._tell(name, error)
            time.sleep(PAUSE_SECONDS * attempt)
        raise _busy(name)

    def _tell(self, name: str, error: Exception) -> None:
        self._session.say(f"another machine publishes '{name}' too; looking again ({_short(error)})")

    def _set_enabled(self, name: str, version: int | None, enabled: bool) -> bool:
        from azureml.pipeline.core import PublishedPipeline as Azure

        endpoint = self._versions.endpoint(name)
        if version is None:
            target, was = endpoint, endpoint.status == "Active"
        else:
            found = self.version(name, version)
            target, was = Azure.get(self._session.workspace, found.id), found.enabled
        if was == enabled:
            return False
        target.enable() if enabled else target.disable()
        return True

    def remove(self, name: str, version: int) -> bool:
        """Switch a version off: Azure keeps it. Raises UsageError for the default one."""
        if self.version(name, version).is_default:
            hint = "make another the default"
            raise UsageError(f"v{version} is the default of pipeline '{name}'", hint=hint)
        return self.set_enabled(name, version, False)


def _first_of_its_run(known: list[PublishedPipeline]) -> PublishedPipeline:
    """Of the newest versions that have the same content, the one that came first."""
    first = known[0]
    for one in known:
        if one.content_hash != first.content_hash:
            break
        first = one
    return first


def _busy(name: str) -> MlopsError:
    return MlopsError(f"'{name}' is published by others again and again", hint="run it again")


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:80] if str(error) else type(error).__name__


def moment() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
