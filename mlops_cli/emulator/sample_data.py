"""Addresses of public sample data, answered from files of the user's (`--map URL=FILE`)."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlops_cli.emulator.clock import http_date
from mlops_cli.emulator.ranges import sliced
from mlops_cli.emulator.state.blobs import Blobs
from mlops_cli.emulator.wire.messages import Request, Response

BLOB_SUFFIX = ".blob.core.windows.net"


class SampleData:
    """Blob addresses become blobs of public containers; others are plain files behind GET and HEAD."""

    def __init__(self, maps: dict[str, str], blobs: Blobs) -> None:
        self._maps = maps
        self._blobs = blobs
        self._files: dict[tuple[str, str], Path] = {}

    def load(self) -> None:
        for url, file in self._maps.items():
            parts = urlsplit(url)
            host, path = parts.netloc.lower(), unquote(parts.path)
            if host.endswith(BLOB_SUFFIX):
                self._add_blob(host.removesuffix(BLOB_SUFFIX), path, Path(file))
            else:
                self._files[host, path] = Path(file)

    def _add_blob(self, account: str, path: str, file: Path) -> None:
        container, _, name = path.lstrip("/").partition("/")
        self._blobs.add_container(account, container, public=True)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._blobs.link(account, container, name, file, {"Content-Type": kind})

    def file(self, host: str, path: str) -> Path | None:
        """The file behind an address that is no blob."""
        file = self._files.get((host, path))
        return file if file and file.is_file() else None

    def answer(self, request: Request) -> Response | None:
        file = self.file(request.host, unquote(request.path))
        if file is None or request.method not in ("GET", "HEAD"):
            return None
        status = file.stat()
        headers = {
            "Content-Type": mimetypes.guess_type(file.name)[0] or "application/octet-stream",
            "ETag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
            "Last-Modified": http_date(status.st_mtime),
        }
        return sliced(file, status.st_size, request.headers, headers)
