"""Who may use a container: everybody a public one, otherwise who shows a key or a signature of the instance."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode

from mlops_cli.emulator.errors import ApiError

if TYPE_CHECKING:
    from mlops_cli.emulator.call import Call
    from mlops_cli.emulator.instance import Identity

VERSION = "2019-12-12"
_REFUSED = ApiError(
    403, "AuthenticationFailed",
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly.",
)  # fmt: skip


def check(call: Call, account: str, container: str) -> None:
    """Raises ApiError 403, or 404 where an anonymous caller is not to know that the container exists.

    `account` may be that of a file share, NAME.file. A shared key, and a signature for a whole account, container
    or share, is taken on trust: whoever registers one of his own brings it.
    """
    if call.request.method in ("GET", "HEAD") and call.app.state.blobs.is_public(account, container):
        return
    authorization = call.request.headers.get("authorization", "")
    if "sig" in call.query:
        if "srt" in call.query or call.query.get("sr") in ("c", "s") or _is_ours(call, account, container):
            return
        raise _REFUSED
    if authorization.startswith("Bearer "):
        call.app.tokens.check(authorization)
        return
    if not authorization.startswith(f"SharedKey {account.partition('.')[0]}:"):
        raise ApiError(404, "ResourceNotFound", "The specified resource does not exist.")


def _is_ours(call: Call, account: str, container: str) -> bool:
    """The SDK takes the name out of an address and quotes it once more: that is the name which was signed."""
    expiry, signature, name = call.query.get("se", ""), call.query["sig"], call.params.get("name", "")
    for signed in (name, unquote(name)):
        mine = _signature(call.app.identity, account, container, signed, expiry)
        theirs = _digest(call.app.identity, _text_of_clients(call, f"/blob/{account}/{container}/{signed}"))
        if signature in (mine, theirs) and expiry > _stamp(0):
            call.params["name"] = signed
            return True
    return False


def _text_of_clients(call: Call, resource: str) -> str:
    """What Azure's clients sign who make a signature for one blob with the key of its account."""
    since = call.query.get("sv", "")
    names = ["sp", "st", "se", "", "si", "sip", "spr", "sv"]
    names += ["sr", "snapshot"] if since >= "2018-11-09" else []
    names += ["ses"] if since >= "2020-12-06" else []
    names += ["rscc", "rscd", "rsce", "rscl", "rsct"]
    return "\n".join(call.query.get(name, "") if name else resource for name in names)


def signed_url(identity: Identity, account: str, container: str, name: str, *, hours: float = 24) -> str:
    """An address of the blob that is good for reading and writing for some hours."""
    expiry = _stamp(hours)
    signature = _signature(identity, account, container, name, expiry)
    query = urlencode({"sv": VERSION, "sr": "b", "sig": signature, "se": expiry, "sp": "rcw"})
    return f"https://{account}.blob.core.windows.net/{container}/{quote(name)}?{query}"


def _signature(identity: Identity, account: str, container: str, name: str, expiry: str) -> str:
    return _digest(identity, f"{account}/{container}/{name}\n{expiry}")


def _digest(identity: Identity, text: str) -> str:
    digest = hmac.new(base64.b64decode(identity.storage_key), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _stamp(hours: float) -> str:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
