"""What a program has found out, written as JSON into the file that it was started with."""

import atexit
import json
import sys
from pathlib import Path

_found = {}


def note(**values):
    _found.update(values)


def refused(call):
    """`Type: message` of the exception that `call` raises, `nothing` when it raises none."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is noted
        return f"{type(error).__name__}: {error}"
    return "nothing"


@atexit.register
def _write():
    Path(sys.argv[1]).write_text(json.dumps(_found, default=str))
