"""Many blobs deleted by one request: a multipart body of requests, answered by as many responses."""

from __future__ import annotations

import email
import uuid
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from mlops_cli.emulator import errors
from mlops_cli.emulator.state.blobs import Blobs
from mlops_cli.emulator.wire.messages import Request, Response


def delete(blobs: Blobs, account: str, container: str, request: Request) -> Response:
    """Raises ApiError 400 for a batch of anything else."""
    boundary = f"batchresponse_{uuid.uuid4()}"
    parts = [
        f"--{boundary}\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
        f"{_deleted(blobs, account, container, name)}\r\n\r\n"
        for number, name in _names(container, request)
    ]
    body = "".join(parts) + f"--{boundary}--\r\n"
    return Response(202, body.encode(), {"Content-Type": f"multipart/mixed; boundary={boundary}"})


def _names(container: str, request: Request) -> Iterator[tuple[str, str]]:
    """The number of each request, and the blob that it deletes."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    for part in email.message_from_bytes(head + request.body).walk():
        if part.is_multipart():
            continue
        method, target = f"{part.get_payload()}".split(maxsplit=2)[:2]
        folder, _, name = unquote(urlsplit(target).path).lstrip("/").partition("/")
        if method != "DELETE" or folder != container:
            raise errors.bad_request(
                "The emulator deletes blobs of one container in a batch.", "InvalidInput"
            )
        yield str(part["Content-ID"]), name


def _deleted(blobs: Blobs, account: str, container: str, name: str) -> str:
    if blobs.delete(account, container, name):
        return "HTTP/1.1 202 Accepted\r\nx-ms-delete-type-permanent: true"
    return "HTTP/1.1 404 The specified blob does not exist.\r\nx-ms-error-code: BlobNotFound"
