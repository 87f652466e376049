"""Who a call comes from, as documents show it."""

from __future__ import annotations

from mlops_cli.emulator.call import Call
from mlops_cli.emulator.state import Document


def created_by(call: Call) -> Document:
    """The caller: the service principal, or the person who has signed in."""
    identity = call.app.identity
    return {
        "userObjectId": identity.object_id,
        "userTenantId": identity.tenant_id,
        "userName": call.claims.get("name", "Emulated service principal"),
    }
