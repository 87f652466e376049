"""Why a CSV file cannot be read, said so that the line is found at once."""

from collections import Counter
from difflib import get_close_matches

from mlops_cli.engine.data.dialect import Dialect, reader
from mlops_cli.errors import DataError


def check_header(names: list[str], name: str) -> None:
    """Raises DataError when a column has no name, or two have the same."""
    names = [column.strip() for column in names]
    blank = [str(place) for place, column in enumerate(names, 1) if not column]
    if blank:
        which = f"column {blank[0]} has" if len(blank) == 1 else f"columns {_some(blank)} have"
        hint = "name every column in the first line"
        if blank == ["1"]:
            hint += " (pandas wrote its index? save with index=False)"
        raise DataError(f"{name}:1: {which} no name", hint=hint)
    twice = [f"'{column}'" for column, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"{name}:1: more than one column is called {_some(twice)}", hint="rename one of them")


def check_label(names: list[str], label: str | None, name: str) -> None:
    """Raises DataError with the nearest column when `label` is no column."""
    if label is None or label in names:
        return
    folded = {column.casefold(): column for column in names}
    near = get_close_matches(label.casefold(), folded, n=1)
    hint = f"did you mean '{folded[near[0]]}'?" if near else f"its columns: {_some(names, 12)}"
    raise DataError(f"{name} has no column '{label}' to be the label", hint=hint)


def explain(text: str, name: str, how: Dialect, error: Exception) -> DataError:
    """The error for a text the CSV reader refused: the first line whose fields do not match the header."""
    rows = reader(text, how)
    width, start = 0, 1
    for row in rows:
        if row and width and len(row) != width:
            return _ragged(name, start, width, row, how)
        width, start = width or len(row), rows.line_num + 1
    return DataError(f"{name} cannot be read as CSV: {error}", hint="check its quotes and delimiters")


def _ragged(name: str, line: int, width: int, row: list[str], how: Dialect) -> DataError:
    shown = how.delimiter.join(row)
    shown = shown if len(shown) <= 70 else shown[:67] + "..."
    what = f"{len(row)} field{'' if len(row) == 1 else 's'}"
    hint = f"correct that line; quote a value that holds {_shown(how.delimiter)} or a line break"
    return DataError(f"{name}:{line}: {what}, the header has {width}", hint=hint, details=shown.splitlines())


def _shown(delimiter: str) -> str:
    return "a tab" if delimiter == "\t" else f"'{delimiter}'"


def _some(things: list[str], limit: int = 5) -> str:
    more = f" and {len(things) - limit} more" if len(things) > limit else ""
    return ", ".join(things[:limit]) + more
