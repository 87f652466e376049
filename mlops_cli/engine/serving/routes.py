"""Which paths there are, which methods each takes, and what is said of all others."""

from mlops_cli.engine.serving.messages import RUN_WENT_WELL, TEXT, Head, Refusal, Response
from mlops_cli.engine.serving.pages import PATHS

ALLOWED = {b"/": b"GET, HEAD, OPTIONS", b"/score": b"GET, POST, OPTIONS"}
ALLOWED |= dict.fromkeys((b"/swagger.json", b"/metrics", *sorted(PATHS)), b"GET, HEAD, OPTIONS")


def is_for_script(head: Head) -> bool:
    """HEAD, or OPTIONS but for a browser's question before it asks another origin, which carries no key."""
    return head.method == b"HEAD" or (
        head.method == b"OPTIONS" and b"access-control-request-method" not in head.headers
    )


def options(path: bytes) -> Response:
    return Response(200, b"", TEXT, b"Allow: %s\r\n%s" % (ALLOWED[path], RUN_WENT_WELL))


def unroutable(path: bytes, method: bytes) -> Refusal:
    if path in ALLOWED:
        message = f"{method.decode()} is not allowed on {path.decode()}, use {ALLOWED[path].decode()}"
        return Refusal(405, "MethodNotAllowed", message, headers=b"Allow: %s\r\n" % ALLOWED[path])
    known = ", ".join(name.decode() for name in ALLOWED if name.count(b"/") == 1)
    return Refusal(404, "NotFound", f"there is no {path.decode('latin-1')[:200]}", hint=f"there is {known}")
