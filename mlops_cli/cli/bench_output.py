"""What a load test leaves: the live line, the report on stdout, files, and what CI shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_cli.status import ExitCode

if TYPE_CHECKING:
    from types import TracebackType

    from mlops_cli.bench.compare import Difference
    from mlops_cli.bench.live import LiveLine
    from mlops_cli.bench.plan import Load
    from mlops_cli.bench.recording import Recording
    from mlops_cli.bench.result import Result
    from mlops_cli.cli.app import App


class Watch:
    """A context that gives the live line where there is a terminal, and wipes it at the end."""

    def __init__(self, app: App, load: Load) -> None:
        self._app = app
        self._load = load
        self._live: LiveLine | None = None

    def __enter__(self) -> LiveLine | None:
        if self._app.interactive:
            from mlops_cli.bench.live import LiveLine

            load = self._load
            self._live = LiveLine(self._app.stderr, requests=load.requests, duration=load.duration)
        return self._live

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.clear()


FILES = ("save", "html", "csv", "junit", "hdr")


def check_files(app: App, given: dict[str, Any]) -> None:
    """Raises StateError for a file that could not be written when the load is over."""
    from mlops_cli.writing import check_place

    for name in FILES:
        if given[name]:
            check_place(app.cwd / given[name])


def write_files(
    app: App, given: dict[str, Any], result: Result, recording: Recording, earlier: Result | None
) -> None:
    """The files that were asked for, and GitHub's step summary where there is one."""
    from mlops_cli.bench import hdr
    from mlops_cli.bench import result as saved
    from mlops_cli.bench.report import files, github, page
    from mlops_cli.writing import append_text, write_text

    writers = {
        "save": lambda path: saved.save(result, path),
        "html": lambda path: write_text(
            path, page.as_html(result, *(_against(earlier, result) if earlier else ()))
        ),
        "csv": lambda path: write_text(path, files.as_csv(result)),
        "junit": lambda path: write_text(path, files.as_junit(result)),
        "hdr": lambda path: hdr.write_log(recording, result, path),
    }
    for name, write in writers.items():
        if given[name]:
            write(app.cwd / given[name])
            app.say(f"written to {given[name]}")
    summary = app.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        append_text(app.cwd / summary, github.step_summary(result))


def conclude(app: App, result: Result, earlier: Result | None) -> ExitCode:
    """Show the result, name what was missed on stderr, and give the exit code."""
    from mlops_cli.bench.report import github, text
    from mlops_cli.bench.result import document

    shown, lines = document(result), text.lines(result)
    if earlier:
        compared, more = _compared(earlier, result)
        shown, lines = shown | {"compared": compared}, [*lines, "", *more]
    show(app, shown, lines)
    for gate in result.missed():
        app.say(f"Error: gate {gate.gate} is missed: {gate.found}")
    if result.aborted:
        app.say(f"Error: stopped early: {result.aborted}")
    if result.all_failed:
        app.say("Error: not one request was answered as it should be")
    if app.environ.get("GITHUB_ACTIONS") == "true":
        for line in github.annotations(result):
            app.stderr.write(f"{line}\n")
    return _outcome(result)


def show(app: App, value: Any, lines: list[str]) -> None:
    """`value` for scripts, `lines` as they are for people: no table, so no need to import rich."""
    if app.output == "table":
        app.write("\n".join(lines) + "\n")
    else:
        app.show(value, lambda _console: None)


def _compared(earlier: Result, result: Result) -> tuple[list[Any], list[str]]:
    from mlops_cli.bench.report.text import differences

    found, notes = _against(earlier, result)
    return found, [*differences(found, "before", "now"), *(f"Note: {note}" for note in notes)]


def _against(earlier: Result, result: Result) -> tuple[list[Difference], list[str]]:
    """How the results differ, and what makes the comparison worth less."""
    from mlops_cli.bench.compare import compare, too_few
    from mlops_cli.services.bench.run import unlike

    notes = [*unlike(earlier, result), *filter(None, [too_few(earlier, result)])]
    return compare(earlier, result), [f"{note}." for note in notes]


def _outcome(result: Result) -> ExitCode:
    """130 after Ctrl-C, 8 after a missed gate or an early stop, 5 when nothing was answered well."""
    if result.interrupted:
        return ExitCode.INTERRUPTED
    if result.missed() or result.aborted:
        return ExitCode.GATE_MISSED
    return ExitCode.WORK_FAILED if result.all_failed else ExitCode.OK
