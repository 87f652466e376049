"""Forms, multipart (RFC 7578) and URL-encoded: what a Flask request has under `form` and `files`."""

from __future__ import annotations

import email.parser
import email.policy
import shutil
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qsl

from mlops_cli.engine.serving.fields import Values


class UploadedFile(BytesIO):
    """A file that came in a form: it is read like any file, and knows the name it had."""

    def __init__(self, content: bytes, name: str, filename: str, content_type: str) -> None:
        super().__init__(content)
        self.name, self.filename, self.content_type = name, filename, content_type

    @property
    def stream(self) -> BytesIO:
        return self

    def save(self, target: str | Path) -> None:
        """Write the rest of the content to a file."""
        with Path(target).open("wb") as file:
            shutil.copyfileobj(self, file)


def parsed(content_type: str | None, body: bytes) -> tuple[Values[str], Values[UploadedFile]]:
    """The fields and the files of a form. Empty for any other body."""
    kind = (content_type or "").lower()
    if kind.startswith("application/x-www-form-urlencoded"):
        return Values(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)), Values()
    return _parts(content_type, body) if kind.startswith("multipart/form-data") else (Values(), Values())


def _parts(content_type: str | None, body: bytes) -> tuple[Values[str], Values[UploadedFile]]:
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, UploadedFile]] = []
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    for part in message.iter_parts() if message.is_multipart() else ():
        name = str(part.get_param("name", header="content-disposition") or "")
        content, filename = part.get_payload(decode=True), part.get_filename()
        assert isinstance(content, bytes), "a part of a form is not a message"
        if filename is None:
            fields.append((name, content.decode("utf-8", "replace")))
        else:
            files.append((name, UploadedFile(content, name, filename, part.get_content_type())))
    return Values(fields), Values(files)
