"""What `deploy --fail-on-breaking` means: the model to come is compared with what clients use today."""

from mlops_cli.backends.base import Backend
from mlops_cli.domain.deployment import DeployRequest
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.errors import UsageError, WorkFailedError
from mlops_cli.services.scoring import client
from mlops_cli.services.swagger.contract import Contract, of_document, of_schema
from mlops_cli.services.swagger.diff import compare, gate


def check_clients(backend: Backend, request: DeployRequest) -> None:
    """Raise GateMissedError when clients of the endpoint would break; a new endpoint has none.

    UsageError where nobody can know: for a script of the user's own, which says what it takes when it runs.
    """
    existing = next((e for e in backend.endpoints.list() if e.name == request.name), None)
    if existing is None:
        return
    new = _of_model(backend, f"the new {request.name}", request.model, request.settings.auth)
    if request.entry_script or new is None:
        hint = f"deploy it under another name, then: mlops swagger --diff {request.name} OTHER"
        raise UsageError("what your own script takes is not known before it runs", hint=hint)
    gate(compare(_today(backend, existing), new))


def _today(backend: Backend, existing: Endpoint) -> Contract:
    """From the running service, or its model when it is stopped."""
    try:
        with client.connect(backend, existing.name) as to:
            return of_document(existing.name, to.swagger("3.1"))
    except WorkFailedError:
        model = f"{existing.model_name}:{existing.model_version}" if existing.model_name else None
        contract = _of_model(backend, existing.name, model, existing.auth)
        if contract is None:
            raise
        return contract


def _of_model(backend: Backend, name: str, model: str | None, auth: str) -> Contract | None:
    if model is None:
        return None
    base, _, version = model.partition(":")
    schema = backend.models.get(base, int(version) if version else None).model_schema
    return of_schema(name, schema, needs_key=auth != "none") if schema else None
