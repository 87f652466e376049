"""The process that works on one run: `python -m mlops_cli.engine.pipelines.runner HOME`, then its id on stdin.

It may be started ahead of need: it ends when stdin does before it is told what to do. The processes of steps are
forked from what is here before anything large is imported, so that they are small and start at once.
"""

import os
import sys

from mlops_cli.engine.pipelines.nursery import Nursery


def main(home: str) -> None:
    nursery = Nursery()
    from contextlib import suppress
    from pathlib import Path

    from mlops_cli.engine.pipelines.taking import work_on
    from mlops_cli.engine.store import Store
    from mlops_cli.errors import StateError

    store = Store(Path(home), kept=True)
    with suppress(StateError):  # which is told when there is a run that it keeps from being worked on
        store.open()
    if run_id := os.read(0, 1024).decode().strip():
        try:
            work_on(store, run_id, nursery)
        except StateError as error:
            sys.exit(f"ERROR {error}")


if __name__ == "__main__":
    main(sys.argv[1])
