"""Scoring: what reaches the address of a web service goes on to its process."""

from __future__ import annotations

import http.client
import random

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.service.places import Places
from mlops_cli.emulator.azure.service.services import Services
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.errors import MlopsError

aci = Service("scoring", "Services on ACI", hosts.ACI, errors.arm, signed_in=False)
aks = Service("scoring", "Services on AKS", hosts.AKS, errors.arm, signed_in=False)
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "te", "trailer",
               "transfer-encoding", "upgrade", "content-length", "host"}  # fmt: skip
TIMEOUT_SECONDS = 330


@aci.route("GET", "/{path*}", "requests.get(service.swagger_uri), health")
@aci.route("HEAD", "/{path*}", "health")
@aci.route("POST", "/{path*}", "Webservice.run, requests.post(service.scoring_uri)")
@aci.route("OPTIONS", "/{path*}", "browsers")
def on_aci(call: Call) -> Response:
    """A host of its own for every service."""
    found = Places(call.app).find(call.request.host, call.request.path)
    if found is None:
        raise errors.not_found(f"There is no service at {call.request.host}.", "NotFound")
    return _forward(call, *found, "/" + call["path"])


@aks.route("GET", "/api/v1/service/{name}/{path*}", "requests.get(service.swagger_uri)")
@aks.route("POST", "/api/v1/service/{name}/{path*}", "AksWebservice.run, AksEndpoint.run, requests.post")
@aks.route("OPTIONS", "/api/v1/service/{name}/{path*}", "browsers")
def on_aks(call: Call) -> Response:
    """All services of a cluster behind one address."""
    found = Places(call.app).find(call.request.host, f"/api/v1/service/{call['name']}/")
    if found is None:
        raise errors.not_found(f"There is no service {call['name']} at {call.request.host}.", "NotFound")
    return _forward(call, *found, "/" + call["path"])


def _chosen(document: Document) -> str:
    """The unit that answers: of an endpoint a version that runs, by traffic.

    What is not given to any version is the default version's.
    """
    if "versions" not in document:
        return ""
    running = {name: v for name, v in document["versions"].items() if name in document["_units"]}
    if not running:
        return ""
    weights = [version["trafficPercentile"] or 0 for version in running.values()]
    rest = max(0, 100 - sum(weights))
    weights = [w + rest * bool(v["isDefault"]) for w, v in zip(weights, running.values(), strict=True)]
    if not any(weights):
        return next(iter(running))
    return random.choices(list(running), weights)[0]  # noqa: S311 - no secret


def _forward(call: Call, workspace: Workspace, name: str, path: str) -> Response:
    services = Services(call.app, workspace)
    try:
        port = services.ensure(name, _chosen(services.get(name) or {}))
        return _sent(call, port, path)
    except (MlopsError, OSError, http.client.HTTPException):
        return Response(502, b"no healthy upstream", {"Content-Type": "text/plain"})


def _sent(call: Call, port: int, path: str) -> Response:
    request = call.request
    query = request.target.partition("?")[2]
    headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(request.method, f"{path}?{query}" if query else path, request.body, headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
    if request.method == "HEAD":
        kept["Content-Length"] = answer.getheader("Content-Length", "0")
    return Response(answer.status, body, kept)
