"""The phases of a deployment to Azure."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from azureml.exceptions import WebserviceException

from mlops_cli.backends.azureml import configuring, packaging, planning, serverlog, webservices
from mlops_cli.backends.azureml.failure import learn
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import with_own
from mlops_cli.domain.data import Row
from mlops_cli.domain.deployment import DeployRequest, Phase, PhaseName, Plan
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.errors import InterruptedByUserError, NotFoundError, WorkFailedError
from mlops_cli.status import EndpointState

if TYPE_CHECKING:
    from azureml.core import Model as AzureModel
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import Webservice

OnPhase = Callable[[Phase], None]


class Deployment:
    """Brings an endpoint to what the request says, in as few steps as Azure allows."""

    def __init__(self, session: Session, request: DeployRequest, on_phase: OnPhase) -> None:
        self._session = session
        self._request = request
        self._settings = request.settings
        self._on_phase = on_phase
        self._service = webservices.find(session, request.name)

    def plan(self) -> Plan:
        packaging.check_script(self._request)
        known = webservices.endpoint(self._service) if self._service else None
        return planning.plan(known, self._request)

    def run(self, sample: bytes | None) -> tuple[Endpoint, bool]:
        """Do what has to be done; the endpoint, and whether anything changed."""
        match self.plan().action:
            case "unchanged":
                assert self._service
                self._prove(self._service, sample)
                return webservices.endpoint(self._service), False
            case "configure":
                assert self._service
                with self._phase("start", "change settings of the running service"):
                    self._configure(self._service)
                return webservices.endpoint(self._service), True
            case action:
                service = self._roll_out(action)
                self._try(service, sample)
                return webservices.endpoint(service), True

    def _prove(self, service: Webservice, sample: bytes | None) -> None:
        """Bring to its end what an earlier command may have left: the wait for Azure, and the first row."""
        if webservices.endpoint(service).state == EndpointState.TRANSITIONING:
            with self._phase("start", "Azure was still starting it"), self._waiting():
                webservices.settle(service)
                self._check(service)
        self._try(service, sample)

    def _try(self, service: Webservice, sample: bytes | None) -> None:
        if sample is not None:
            with self._phase("smoke", "one row was scored"):
                self._smoke(service, sample)

    def _roll_out(self, action: str) -> Webservice:
        model = packaging.model_of(self._session, self._request)
        with tempfile.TemporaryDirectory() as folder:
            with self._phase("package", "model, entry script and environment"):
                config = packaging.package(self._session, self._request, model, Path(folder))
            with self._phase("start", f"Azure builds and starts it on {self._settings.target}"):
                models = [model] if model else []
                service = self._updated(models, config) if action == "update" else None
                service = service or self._created(models, config)
                self._wait(service)
        return service

    def _created(self, models: list[AzureModel], config: InferenceConfig) -> Webservice:
        from azureml.core.model import Model as AzureModel

        return AzureModel.deploy(
            self._session.workspace,
            self._request.name,
            models,
            inference_config=config,
            deployment_config=configuring.configuration(self._settings, self._tags()),
            deployment_target=configuring.cluster(self._session, self._settings),
            overwrite=self._service is not None,
        )

    def _updated(self, models: list[AzureModel], config: InferenceConfig) -> Webservice | None:
        """Replace model and script of the running service; None where Azure must make it anew."""
        service = self._service
        assert service is not None
        if configuring.is_other_machine(service, self._settings):
            return None
        service.update(models=models, inference_config=config, tags=self._tags(), **self._changeable())
        return service

    def _configure(self, service: Webservice) -> None:
        service.update(tags=self._tags(), **self._changeable())
        self._wait(service)

    def _tags(self) -> dict[str, str]:
        return configuring.tags(self._request, self._service)

    def _changeable(self) -> dict[str, Any]:
        return configuring.changeable(self._settings.target, self._settings)

    def _wait(self, service: Webservice) -> None:
        try:
            with self._waiting():
                service.wait_for_deployment(show_output=False)
        except WebserviceException as error:
            service.update_deployment_state()
            raise self._failed(service, error.message) from error
        self._check(service)

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        """Ctrl-C ends the wait alone: Azure has been told what to do."""
        try:
            yield
        except KeyboardInterrupt:
            message = f"no longer waiting; Azure goes on with the deployment of {self._request.name}"
            hint = (
                f"take it up again with the same command, or look: mlops endpoints show {self._request.name}"
            )
            raise InterruptedByUserError(message, hint=hint) from None

    def _check(self, service: Webservice) -> None:
        if webservices.endpoint(service).state != EndpointState.HEALTHY:
            raise self._failed(service, f"it is {service.state}")

    def _failed(self, service: Webservice, message: str) -> WorkFailedError:
        reason = webservices.error_of(service.error) or message.splitlines()[0]
        details = serverlog.explanation(_log(service), self._request.entry_script)
        hint = f"mlops logs {service.name}"
        return WorkFailedError(f"{service.name} was not deployed: {reason}", hint=hint, details=details)

    def _smoke(self, service: Webservice, sample: bytes) -> None:
        try:
            service.run(sample)
        except WebserviceException as error:
            failed = self._failed(service, f"one row was not scored: {learn(error).message}")
            # Without the hash of what was sent, the same deployment is tried again and not found unchanged.
            service.update(tags={**service.tags, **with_own({}, content="not proven")})
            raise failed from error

    @contextlib.contextmanager
    def _phase(self, name: PhaseName, detail: str) -> Iterator[None]:
        began = time.monotonic()
        self._on_phase(Phase(name))
        try:
            yield
        except InterruptedByUserError:
            raise
        except BaseException:
            self._on_phase(Phase(name, detail, time.monotonic() - began, ok=False))
            raise
        self._on_phase(Phase(name, detail, time.monotonic() - began))


def sample_of(request: DeployRequest, example: Sequence[Row] | None) -> bytes | None:
    """The payload to try the service with: the user's, or one true row of the training data."""
    if request.sample is None:
        return msgspec.json.encode({"data": list(example[:1])}) if example else None
    try:
        return request.sample.read_bytes()
    except OSError as error:
        raise NotFoundError(f"cannot read the sample {request.sample}: {error.strerror}") from error


def _log(service: Webservice) -> str:
    """The service's log, empty where Azure has none: a failure is to be told all the same."""
    try:
        return str(service.get_logs() or "")
    except WebserviceException:
        return ""
