"""What goes on while no client asks: steps that follow others, and schedules.

A thread per workspace, which ends when nothing is left to do.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import weakref
from typing import TYPE_CHECKING

from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.azure.pipeline.schedules import Schedules
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

log = logging.getLogger("mlops.emulator")
SECONDS = 0.25
SECONDS_AFTER_DEFECT = 5
_starting = threading.Lock()
_threads: weakref.WeakKeyDictionary[App, dict[str, threading.Thread]] = weakref.WeakKeyDictionary()


def ensure(app: App, workspace: Workspace) -> None:
    """Have the workspace's thread run."""
    with _starting:
        threads = _threads.setdefault(app, {})
        if workspace.id in threads and threads[workspace.id].is_alive():
            return
        thread = threading.Thread(target=_work, args=(app, workspace), daemon=True)
        threads[workspace.id] = thread
        thread.start()


def resume(app: App) -> None:
    """Go on in all workspaces, as after a start."""
    for subscription in app.workspaces.subscriptions():
        for workspace in app.workspaces.all(subscription):
            ensure(app, workspace)


def _work(app: App, workspace: Workspace) -> None:
    pause = threading.Event()
    while True:
        try:
            with _starting:
                if not _has_work(workspace):
                    _threads[app].pop(workspace.id, None)
                    return
            Schedules(workspace).tick()
            _settle(app, workspace)
        except sqlite3.ProgrammingError:
            # The state was closed under a thread that still runs.
            return
        except Exception:
            log.exception("pipelines")
            pause.wait(SECONDS_AFTER_DEFECT)
        pause.wait(SECONDS)


def _has_work(workspace: Workspace) -> bool:
    return bool(len(PipelineRuns(workspace).active) or Schedules(workspace).all(active_only=True))


def _settle(app: App, workspace: Workspace) -> None:
    for active in PipelineRuns(workspace).active.all():
        run = Runs(workspace).get(active["id"])
        if run:
            executors.settled(app, workspace, run)
