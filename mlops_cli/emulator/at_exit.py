"""What every Python of a submitted run imports at its start, as `sitecustomize` on PYTHONPATH.

The SDK sends metrics in the background, from timers that nobody waits for: what a script, a command or a
program started by it logs last would be lost. Imports nothing of ours; the place's own sitecustomize follows.
"""

import os
import sys
import threading
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path


def keep_metrics() -> None:
    """Wait until all metrics are sent that were logged with any run: the own one, its parent, its children."""
    if (sdk := sys.modules.get("azureml._common.async_utils.batch_task_queue")) is None:
        return
    import gc

    for one in gc.get_objects():
        if type(one) is sdk.BatchTaskQueue:
            one.flush("at exit")


def follow() -> None:
    """Run the sitecustomize that this one hides."""
    here = str(Path(__file__).parent)
    spec = PathFinder.find_spec("sitecustomize", [place for place in sys.path if place != here])
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


if "AZUREML_RUN_ID" in os.environ:
    import concurrent.futures.thread  # noqa: F401 - its pools end after what is registered later

    threading._register_atexit(keep_metrics)  # type: ignore[attr-defined]
follow()
