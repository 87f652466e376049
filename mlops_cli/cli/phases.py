"""The phases of a deployment as they happen: a spinner on a terminal, one plain line each elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from rich.status import Status

    from mlops_cli.cli.app import App
    from mlops_cli.domain.deployment import Phase


class PhaseLines:
    """A context in which `update` tells of a phase on stderr: its name, its time and what it did."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._spinner: Status | None = None

    def __enter__(self) -> PhaseLines:
        return self

    def update(self, phase: Phase) -> None:
        """Called when a phase begins, and when it has ended."""
        if phase.seconds is None:
            self._spin(phase.name)
            return
        self._stop()
        mark = "" if phase.ok else "failed  "
        self._app.say(f"  {phase.name:<11}{phase.seconds:6.2f} s  {mark}{phase.detail}".rstrip())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _spin(self, name: str) -> None:
        if self._app.interactive:
            self._spinner = self._app.console.status(f"{name} ...")
            self._spinner.start()

    def _stop(self) -> None:
        if self._spinner:
            self._spinner.stop()
            self._spinner = None
