"""The phases of a deployment. It succeeds as a whole, or leaves what was there before."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from mlops_cli import paths
from mlops_cli.domain.deployment import Phase, PhaseName, Plan
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.engine.clock import now
from mlops_cli.engine.endpoints import (
    changing,
    control,
    failures,
    fastpath,
    keys,
    packaging,
    planning,
    preflight,
    probing,
    recovery,
)
from mlops_cli.engine.endpoints.packaging import Source
from mlops_cli.engine.serving.spec import read_spec
from mlops_cli.engine.store import Store
from mlops_cli.status import EndpointState

OnPhase = Callable[[Phase], None]


class Deployment:
    """Deploys `source` as an endpoint of `store`. `sample` is the payload that is tried before and after."""

    def __init__(self, store: Store, source: Source, sample: bytes | None, on_phase: OnPhase) -> None:
        self._store = store
        self._source = source
        self._sample = sample
        self._on_phase = on_phase
        self._service = paths.endpoint_dir(store.home, source.name)

    def run(self) -> tuple[Endpoint, bool]:
        """Do what has to be done; the endpoint, and whether anything changed."""
        with recovery.exclusive(self._service):
            existing = recovery.recover(self._store, self._service, self._source.name)
            plan = planning.plan(existing, self._source)
            match plan.action:
                case "create" | "update":
                    return self._roll_out(existing), True
                case "configure" | "start":
                    assert existing
                    return self._configure(existing, plan), True
                case _:
                    assert existing
                    return control.observed(self._service, existing), False

    def _configure(self, existing: Endpoint, plan: Plan) -> Endpoint:
        """Change what needs nothing packed anew, and start the service if it is stopped."""
        settings = self._source.settings
        endpoint = msgspec.structs.replace(
            existing,
            **packaging.switches(settings),
            auth=settings.auth,
            workers=self._source.workers(),
            tags=settings.tags,
            updated_at=now(),
        )
        return changing.change(self._store, existing, endpoint, start=plan.action == "start")

    def _roll_out(self, existing: Endpoint | None) -> Endpoint:
        endpoint = planning.target(self._store, existing, self._source)
        was_running = existing is not None and existing.state != EndpointState.STOPPED
        try:
            if existing is None:
                self._store.endpoints.put(endpoint)
            endpoint.revision = self._build(endpoint)
            self._switch(endpoint)
            self._store.endpoints.put(endpoint)
        except BaseException:
            recovery.undo(self._store, self._service, existing, was_running=was_running)
            raise
        recovery.remove_old_revisions(self._service, endpoint.revision)
        return control.observed(self._service, endpoint)

    def _build(self, endpoint: Endpoint) -> int:
        with self._phase("package", self._about()):
            keys.ensure(self._service)
            draft = packaging.draft(self._service, self._source)
        self._compile(draft, endpoint)
        script = self._source.entry_script
        origin = {str(draft / script.name): str(script)} if script else {}
        with self._phase("pre-flight", "one row" if self._sample else "init() only: no sample row is known"):
            preflight.run(draft, self._sample, origin)
        return packaging.number(self._service, draft)

    def _compile(self, draft: Path, endpoint: Endpoint) -> None:
        """For the fast path, which a user's own script does not take."""
        endpoint.engine = endpoint.engine_reason = None
        if self._source.model and self._source.has_generated_script():
            with self._phase("compile", "") as phase:
                outcome = fastpath.compile_model(self._store, draft, self._source.model)
                phase.detail = outcome.told()
            endpoint.engine, endpoint.engine_reason = outcome.engine, outcome.reason

    def _switch(self, endpoint: Endpoint) -> None:
        with self._phase("start", f"{endpoint.workers} worker{'s' * (endpoint.workers > 1)}"):
            control.install(self._service, endpoint, endpoint.revision)
            control.ensure_supervisor(self._service, endpoint)
        with self._phase("health", f"http://127.0.0.1:{endpoint.port}/"):
            control.wait_until_serving(self._service, endpoint.revision)
        if self._sample:
            with self._phase("smoke", endpoint.scoring_uri):
                self._score(endpoint, self._sample)

    def _score(self, endpoint: Endpoint, sample: bytes) -> None:
        timeout = read_spec(self._service).scoring_timeout_ms / 1000 + 5
        bearer = keys.bearer(self._service, endpoint)
        answer = probing.send(endpoint.port, sample, bearer, timeout)
        if answer.status_code != 200:
            raise failures.scoring(answer, self._service, {})

    def _about(self) -> str:
        source = self._source
        script = source.entry_script.name if source.entry_script else None
        model = f"{source.model.name}:{source.model.version}" if source.model else None
        return " with ".join(part for part in (model, script) if part)

    @contextlib.contextmanager
    def _phase(self, name: PhaseName, detail: str) -> Iterator[Phase]:
        """The phase, whose detail can be changed until it ends."""
        started = time.monotonic()
        self._on_phase(Phase(name, detail))
        ended = Phase(name, detail)
        try:
            yield ended
        except BaseException:
            ended.ok = False
            raise
        finally:
            ended.seconds = time.monotonic() - started
            self._on_phase(ended)
