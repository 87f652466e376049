"""The emulator behind the proxy: from a request to its route, and from what comes out to an answer."""

from __future__ import annotations

import logging
import time
import traceback
import uuid
from collections import Counter

from mlops_cli.emulator.azure import SERVICES
from mlops_cli.emulator.azure.arm.workspaces import Workspaces
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.errors import ApiError, arm, not_found, not_implemented
from mlops_cli.emulator.faults import Faults
from mlops_cli.emulator.instance import Identity, Instance
from mlops_cli.emulator.router import Found, Router
from mlops_cli.emulator.sample_data import SampleData
from mlops_cli.emulator.state import State
from mlops_cli.emulator.tokens import Tokens
from mlops_cli.emulator.wire.messages import Request, Response, json_response

log = logging.getLogger("mlops.emulator")


class App:
    """What handlers reach through `call.app`: settings, state, tokens, faults, workspaces."""

    def __init__(self, instance: Instance, identity: Identity, state: State) -> None:
        self.instance = instance
        self.identity = identity
        self.state = state
        self.tokens = Tokens(identity)
        self.faults = Faults()
        self.router = Router(SERVICES)
        self.workspaces = Workspaces(state, identity)
        self.samples = SampleData(identity.maps, state.blobs)
        self.answered: Counter[str] = Counter()
        self.unanswered: Counter[str] = Counter()
        self.seconds = 0.0
        self.prepare()

    def prepare(self) -> None:
        """Make what a new or emptied instance holds: its workspace and the sample data."""
        self.samples.load()
        names = self.identity
        self.workspaces.ensure(names.subscription_id, names.resource_group, names.workspace_name)

    def answer(self, request: Request) -> Response:
        """Never raises: a defect of ours becomes a 400, which no client tries again for minutes."""
        url, began = f"{request.origin}{request.target}", time.perf_counter()
        try:
            response = self.faults.on_call(request.method, url) or self._answer(request)
        except Exception as error:  # noqa: BLE001 - the last place that may catch all
            log.error("%s %s\n%s", request.method, url, traceback.format_exc())
            response = arm(ApiError(400, "EmulatorDefect", f"{type(error).__name__}: {error}"))
        request_id = request.headers.get("x-ms-client-request-id") or str(uuid.uuid4())
        response.headers.setdefault("x-ms-request-id", str(uuid.uuid4()))
        response.headers.setdefault("x-ms-client-request-id", request_id)
        self.seconds += time.perf_counter() - began
        log.debug("%d %s %s", response.status, request.method, url)
        return response

    def _answer(self, request: Request) -> Response:
        found = self.router.find(request.host, request.method, request.path)
        if found is None:
            return self.samples.answer(request) or self._unknown(request)
        service = found.route.service
        self.answered[f"{service.name} {found.route.method} {found.route.template}"] += 1
        try:
            result = found.route.handler(self._call(request, found))
        except ApiError as error:
            return service.dialect(error)
        return result if isinstance(result, Response) else json_response(result)

    def _call(self, request: Request, found: Found) -> Call:
        claims = {}
        if found.route.service.signed_in:
            claims = self.tokens.check(request.headers.get("authorization"))
        call = Call(self, request, found.params, claims)
        if "{workspace}" in found.route.template:
            names = (found.params["subscription"], found.params["group"], found.params["workspace"])
            call.found = self.workspaces.get(*names)
            if call.found is None:
                raise not_found(f"The workspace {names[2]} was not found", "ResourceNotFound")
        return call

    def _unknown(self, request: Request) -> Response:
        services = self.router.services_at(request.host)
        what = f"{request.method} {request.origin}{request.path}"
        self.unanswered[what] += 1
        log.warning("no route: %s", what)
        dialect = services[0].dialect if services else arm
        return dialect(not_implemented(request.method, f"{request.origin}{request.path}"))
