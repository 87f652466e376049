"""The emulator's own door: state, faults, reset. Guarded by a key that only the owner can read."""

from __future__ import annotations

import hmac
import os

import msgspec

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.faults import Fault
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.wire.messages import Response

service = Service("control", "Control of the emulator", hosts.SELF, errors.arm, signed_in=False)


def check(call: Call) -> None:
    """Raises ApiError 401 without the control key."""
    given = call.request.headers.get("authorization", "")
    if not hmac.compare_digest(given, f"Bearer {call.app.identity.control_key}"):
        raise errors.ApiError(401, "Unauthorized", "the control key of this emulator is needed")


@service.route("GET", "/health", "mlops emulator start: is it ready")
def health(call: Call) -> dict[str, object]:
    return {"status": "ready", "pid": os.getpid()}


@service.route("GET", "/emulator/status", "mlops emulator status")
def status(call: Call) -> dict[str, object]:
    check(call)
    return {
        "calls_without_route": dict(call.app.unanswered),
        "faults": msgspec.to_builtins(call.app.faults.all()),
        "routes": sum(len(s.routes) for s in call.app.router.services),
        "calls": call.app.answered.total(),
        "seconds_at_work": round(call.app.seconds, 6),
    }


@service.route("GET", "/emulator/calls", "how often each route was called")
def calls(call: Call) -> dict[str, int]:
    check(call)
    every = {f"{s.name} {r.method} {r.template}": 0 for s in call.app.router.services for r in s.routes}
    return every | dict(call.app.answered)


@service.route("PUT", "/emulator/workspaces", "mlops emulator start --workspace, run beside a config.json")
def ensure_workspace(call: Call) -> dict[str, object]:
    check(call)
    names = call.document
    return call.app.workspaces.ensure(
        names["subscription_id"], names["resource_group"], names["workspace_name"]
    ).document


@service.route("POST", "/emulator/faults", "mlops emulator fault add")
def add_fault(call: Call) -> dict[str, object]:
    check(call)
    try:
        fault = msgspec.convert(call.document, Fault)
    except msgspec.ValidationError as error:
        raise errors.bad_request(str(error)) from None
    document: dict[str, object] = msgspec.to_builtins(call.app.faults.add(fault))
    return document


@service.route("DELETE", "/emulator/faults", "mlops emulator fault clear")
def clear_faults(call: Call) -> Response:
    check(call)
    call.app.faults.clear()
    return Response(204)
