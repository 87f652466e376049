"""Files that come in multipart forms (RFC 7578)."""

from __future__ import annotations

from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.wire.messages import Request
from mlops_cli.engine.serving.forms import parsed


def form_file(request: Request, name: str) -> bytes:
    """The part of a form that has `name` as its own or as its file's name. Raises ApiError 400 without one."""
    fields, files = parsed(request.headers.get("content-type"), request.body)
    for file in files.values():
        if name in (file.name, file.filename):
            return file.getvalue()
    if name in fields:
        return fields[name].encode()
    raise bad_request(f"The form has no file {name}.")
