"""The form at /ui: files as they are, and what a browser may do with them."""

from pathlib import Path

from mlops_cli.engine.serving.messages import Response

_HERE = Path(__file__).parent / "ui"
_FILES = {
    b"/ui": ("form.html", b"text/html; charset=utf-8"),
    b"/ui/form.js": ("form.js", b"text/javascript; charset=utf-8"),
    b"/ui/fields.js": ("fields.js", b"text/javascript; charset=utf-8"),
    b"/ui/form.css": ("form.css", b"text/css; charset=utf-8"),
}
HEADERS = (
    b"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    b"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n"
)
PATHS = frozenset(_FILES)


class Pages:
    """All pages of the service, read once."""

    def __init__(self) -> None:
        self._files = {path: (_HERE / name).read_bytes() for path, (name, _) in _FILES.items()}

    def response(self, path: bytes) -> Response:
        """The page at one of PATHS."""
        return Response(200, self._files[path], _FILES[path][1], HEADERS)
