"""Secrets of a workspace's key vault."""

from __future__ import annotations

import re

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.wire.messages import Response

service = Service("keyvault", "Key vault secrets", hosts.AML, errors.aml)
BASE = "/credential/v2.0{W}/secrets"
NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")


def _secrets(call: Call) -> Collection:
    return call.workspace.collection("secrets")


def _set(call: Call, posted: Document) -> None:
    name, old = posted["name"], _secrets(call).get(posted["name"]) or {}
    if not NAME.fullmatch(name):
        raise errors.bad_request(f"The request URI contains an invalid name: {name}")
    fields = {
        "name": name,
        "value": posted["value"],
        "contentType": posted.get("contentType") or "NotProvided",
    }
    _secrets(call).put(name, {"createdTime": now(), **old, **fields, "modifiedTime": now()})


@service.route("PUT", BASE, "Keyvault.set_secret")
def set_secret(call: Call) -> Response:
    _set(call, call.document)
    return Response(200)


@service.route("PUT", BASE + ":putbatch", "Keyvault.set_secrets")
def set_secrets(call: Call) -> Response:
    with call.app.state.transaction():
        for secret in call.document["secrets"]:
            _set(call, secret)
    return Response(200)


@service.route("GET", BASE, "Keyvault.list_secrets")
def list_secrets(call: Call) -> Document:
    return {"value": [{**secret, "value": None} for secret in _secrets(call).all()]}


@service.route("POST", BASE + ":getbatch", "Keyvault.get_secrets")
def get_secrets(call: Call) -> Document:
    names = [secret["name"] for secret in call.document["secrets"]]
    found = [secret for name in names if (secret := _secrets(call).get(name))]
    missing = [name for name in names if not _secrets(call).get(name)]
    return {"secrets": found, "notFoundSecrets": missing}


@service.route("GET", BASE + "/{name}", "Keyvault.get_secret, get_secret_content_type")
def get_secret(call: Call) -> Document:
    secret = _secrets(call).get(call["name"])
    if secret is None:
        raise errors.not_found(f"Secret {call['name']} not found")
    return secret


@service.route("DELETE", BASE + "/{name}", "Keyvault.delete_secret")
def delete_secret(call: Call) -> Response:
    if not _secrets(call).delete(call["name"]):
        raise errors.not_found(f"Secret {call['name']} not found")
    return Response(200)
