"""Scripts compiled once in a run, for all the processes that will be one of its steps."""

import marshal
import warnings
from pathlib import Path


def compiled(script: str) -> bytes | None:
    """The script's code, marshalled; None where it has errors or warnings, which its own process is to tell of."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return marshal.dumps(compile(Path(script).read_bytes(), script, "exec", dont_inherit=True))
    except Exception:  # noqa: BLE001 - whatever it is, the step meets it again
        return None
