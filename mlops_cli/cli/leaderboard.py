"""The leaderboard: a table that grows on a terminal, one plain line a child run elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_cli.services.training.train import leaderboard

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

    from mlops_cli.cli.app import App
    from mlops_cli.domain.runs import Run

SHOWN_ROWS = 10


def table(run: Run, children: list[Run], *, rows: int | None = None) -> Table:
    """The best `rows` child runs (all of them by default), the best first."""
    from rich import box
    from rich.table import Table

    metric = str(run.properties["primary_metric"])
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    drawn.add_column("#", justify="right")
    drawn.add_column("algorithm", no_wrap=True, min_width=18)
    drawn.add_column(metric.replace("_", " "), justify="right")
    for other in second_metrics(metric):
        drawn.add_column(other.replace("_", " "), justify="right")
    drawn.add_column("seconds", justify="right")
    ranked = leaderboard(run, children)
    for child in ranked[:rows]:
        values = [_number(child.metrics.get(name)) for name in (metric, *second_metrics(metric))]
        style = "bold" if child is ranked[0] else "dim" if child.error else ""
        took = f"{child.duration_seconds:.1f}" if child.duration_seconds is not None else ""
        drawn.add_row(str(child.iteration), child.algorithm, *values, took, style=style)
    return drawn


def second_metrics(metric: str) -> tuple[str, ...]:
    """Two more metrics worth seeing beside the primary one."""
    if metric.startswith("normalized") or metric in ("r2_score", "spearman_correlation"):
        return tuple(m for m in ("r2_score", "mean_absolute_error") if m != metric)
    return tuple(m for m in ("accuracy", "log_loss") if m != metric)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.5f}" if abs(value) < 100 else f"{value:,.1f}"


class LiveLeaderboard:
    """A context in which `update` shows the run's progress on stderr."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._live: Live | None = None
        self._told = 0

    def __enter__(self) -> LiveLeaderboard:
        if self._app.interactive:
            from rich.live import Live

            self._live = Live(console=self._app.console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def update(self, run: Run, children: list[Run]) -> None:
        if self._live:
            self._live.update(table(run, children, rows=SHOWN_ROWS), refresh=True)
        elif children:
            for child in children[self._told :]:
                self._app.say(self._line(run, children, child))
        self._told = len(children)

    def _line(self, run: Run, children: list[Run], child: Run) -> str:
        metric = str(run.properties["primary_metric"])
        if metric not in child.metrics:
            return f"  {child.iteration:>3}  {child.algorithm}: {child.error or child.status}"
        best = leaderboard(run, children[: children.index(child) + 1])[0].metrics[metric]
        score = f"{metric} {_number(child.metrics[metric])}"
        took = f"{child.duration_seconds or 0:.1f} s"
        return f"  {child.iteration:>3}  {child.algorithm:<22} {score}  {took}  best {_number(best)}"


def draw(app: App, console: Console, run: Run, children: list[Run], *, rows: int | None = SHOWN_ROWS) -> None:
    """The table, and how many child runs it leaves out."""
    console.print(table(run, children, rows=rows))
    if rows is not None and len(children) > rows:
        more = app.to_type(f"mlops runs leaderboard {run.run_id}")
        console.print(f"and {len(children) - rows} more: {more}", style="dim")
