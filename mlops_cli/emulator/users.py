"""Who a call comes from, as documents show it."""

from __future__ import annotations

from mlops_cli.emulator.call import Call
from mlops_cli.emulator.instance import Identity
from mlops_cli.emulator.state import Document


def created_by(call: Call) -> Document:
    """The caller: the service principal, or the person who has signed in."""
    return principal(call.app.identity) | ({"userName": call.claims["name"]} if "name" in call.claims else {})


def principal(identity: Identity) -> Document:
    """Whose work it is where the emulator itself begins it."""
    return {
        "userObjectId": identity.object_id,
        "userTenantId": identity.tenant_id,
        "userName": "Emulated service principal",
    }
