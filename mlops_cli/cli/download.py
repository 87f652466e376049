"""Progress of a download: a bar on a terminal, a few plain lines elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress

    from mlops_cli.cli.app import App

QUARTERS = 4
MEGABYTE = 1_000_000


class DownloadProgress:
    """A context whose `update` is told the bytes so far and in all."""

    def __init__(self, app: App, name: str) -> None:
        self._app, self._name = app, name
        self._bar: Progress | None = None
        self._told = -1

    def __enter__(self) -> DownloadProgress:
        if self._app.interactive:
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            columns = (TextColumn(self._name), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._bar = Progress(*columns, console=self._app.console, transient=True)
            self._bar.add_task(self._name, total=None)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, done: int, total: int | None) -> None:
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=done, total=total)
            return
        quarter = QUARTERS * done // total if total else 0
        if quarter != self._told:
            self._told = quarter
            of = f" of {total / MEGABYTE:.1f}" if total else ""
            self._app.say(f"{self._name}: {done / MEGABYTE:.1f}{of} MB")
