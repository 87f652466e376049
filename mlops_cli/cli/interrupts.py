"""A Ctrl-C that falls into a destructor: Python shows it and goes on as if nobody had pressed it."""

from __future__ import annotations

import sys

AGAIN_SECONDS = 0.05


def keep() -> None:
    """From now on such a Ctrl-C is raised again, where it is heard."""
    sys.unraisablehook = _raise_again


def _raise_again(lost: sys.UnraisableHookArgs) -> None:
    if lost.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(lost)
        return
    import _thread
    from threading import Timer

    # Not at once: it would be raised in this hook, and lost once more.
    timer = Timer(AGAIN_SECONDS, _thread.interrupt_main)
    timer.daemon = True
    timer.start()
