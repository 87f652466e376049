"""Files that come in multipart forms (RFC 7578)."""

from __future__ import annotations

import email.parser
import email.policy

from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.wire.messages import Request


def form_file(request: Request, name: str) -> bytes:
    """The part of a form that has `name` as its own or as its file's name. Raises ApiError 400 without one."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    for part in message.iter_parts() if message.is_multipart() else ():
        if name in (part.get_filename(), part.get_param("name", header="content-disposition")):
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes), "a part of a form is not a message"
            return content
    raise bad_request(f"The form has no file {name}.")
