"""Why a connection failed, in words."""

import errno
import ssl


def reason(error: Exception) -> str:
    """One line; for what a user can cure, how."""
    if isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL:
        return "no free local port: connections are opened faster than the system frees them"
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return "too many open files: raise the limit with ulimit -n"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
