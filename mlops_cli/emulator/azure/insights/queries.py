"""Queries: a table, then steps that each make a table of the one before."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from mlops_cli.emulator.azure.insights.expressions import expression
from mlops_cli.emulator.azure.insights.functions import Expression, Scope
from mlops_cli.emulator.azure.insights.tokens import Tokens, syntax_error
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

Rows = list[Document]
Tables = dict[str, Callable[[], tuple[list[str], Rows]]]
"""The columns and rows of each table there is."""


def answer(text: str, tables: Tables) -> Document:
    """The answer to a query: {"tables": [{name, columns, rows}]}. Raises ApiError 400."""
    plain = re.sub(r"(?m)^\s*//.*$", "", text)
    tokens = Tokens(re.sub(r"datetime\(\s*([^\"'()]+?)\s*\)", r'datetime("\1")', plain))
    name = tokens.next()[1]
    if name not in tables:
        raise bad_request(
            f"'{name}' is the name of no table; there is {', '.join(tables)}.", "BadArgumentError"
        )
    columns, rows = tables[name]()
    while tokens.take("|"):
        step = tokens.next()[1].lower()
        if step not in _STEPS:
            raise bad_request(f"The emulator has no query operator {step}.", "BadArgumentError")
        columns, rows = _STEPS[step](tokens, columns, rows)
    if tokens.peek():
        raise syntax_error(f"'{tokens.peek()}'")
    shown = [{"name": column, "type": _type(column, rows)} for column in columns]
    values = [[_plain(row[column]) for column in columns] for row in rows]
    return {"tables": [{"name": "PrimaryResult", "columns": shown, "rows": values}]}


def _where(tokens: Tokens, columns: list[str], rows: Rows) -> tuple[list[str], Rows]:
    condition = expression(tokens)
    return columns, [row for row in rows if condition(Scope(row))]


def _project(tokens: Tokens, _: list[str], rows: Rows) -> tuple[list[str], Rows]:
    named = _named(tokens)
    return list(named), [{name: value(Scope(row)) for name, value in named.items()} for row in rows]


def _extend(tokens: Tokens, columns: list[str], rows: Rows) -> tuple[list[str], Rows]:
    named = _named(tokens)
    grown = [row | {name: value(Scope(row)) for name, value in named.items()} for row in rows]
    return list(dict.fromkeys([*columns, *named])), grown


def _summarize(tokens: Tokens, _: list[str], rows: Rows) -> tuple[list[str], Rows]:
    values = {} if tokens.peek() == "by" else _named(tokens)
    keys = _named(tokens) if tokens.take("by") else {}
    groups: dict[str, tuple[Document, Rows]] = {}
    for row in rows:
        key = {name: part(Scope(row)) for name, part in keys.items()}
        groups.setdefault(repr(key), (key, []))[1].append(row)
    if not keys and not groups:
        groups[""] = ({}, [])
    made = [
        key | {name: value(Scope(members[0] if members else {}, members)) for name, value in values.items()}
        for key, members in groups.values()
    ]
    return [*keys, *values], made


def _order(tokens: Tokens, columns: list[str], rows: Rows) -> tuple[list[str], Rows]:
    tokens.expect("by")
    return columns, _sorted(tokens, rows)


def _sorted(tokens: Tokens, rows: Rows) -> Rows:
    parts: list[tuple[Expression, int]] = []
    while True:
        part = expression(tokens)
        parts.append((part, 1 if tokens.take("asc", "desc") == "asc" else -1))
        if not tokens.take(","):
            break

    def compare(a: Document, b: Document) -> int:
        for part, sign in parts:
            left, right = part(Scope(a)), part(Scope(b))
            if left != right:
                return sign if right is None or (left is not None and left > right) else -sign
        return 0

    return sorted(rows, key=cmp_to_key(compare))


def _take(tokens: Tokens, columns: list[str], rows: Rows) -> tuple[list[str], Rows]:
    return columns, rows[: int(tokens.next()[1])]


def _top(tokens: Tokens, columns: list[str], rows: Rows) -> tuple[list[str], Rows]:
    count = int(tokens.next()[1])
    tokens.expect("by")
    return columns, _sorted(tokens, rows)[:count]


def _count(_: Tokens, __: list[str], rows: Rows) -> tuple[list[str], Rows]:
    return ["Count"], [{"Count": len(rows)}]


def _distinct(tokens: Tokens, columns: list[str], rows: Rows) -> tuple[list[str], Rows]:
    names, chosen = _project(tokens, columns, rows)
    return names, list({repr(row): row for row in chosen}.values())


_STEPS: dict[str, Callable[[Tokens, list[str], Rows], tuple[list[str], Rows]]] = {
    "where": _where, "filter": _where, "project": _project, "extend": _extend, "summarize": _summarize,
    "order": _order, "sort": _order, "take": _take, "limit": _take, "top": _top, "count": _count,
    "distinct": _distinct,
}  # fmt: skip


def _named(tokens: Tokens) -> dict[str, Expression]:
    """`name = expression, expression, ...`; what has no name is called after its first words."""
    found: dict[str, Expression] = {}
    while True:
        name = ""
        if tokens.looks_like("", "="):
            name = tokens.next()[1]
            tokens.next()
        guess = _guess(tokens)
        found[name or guess] = expression(tokens)
        if not tokens.take(","):
            return found


def _guess(tokens: Tokens) -> str:
    """What Kusto calls a column that was given no name: `count_`, `avg_duration`, `timestamp`."""
    word = tokens.peek()
    if not tokens.looks_like("", "("):
        return word
    inner = tokens.peek_at(2)
    if word in ("bin", "tostring", "toint", "todouble", "round"):
        return inner
    return f"{word}_{'' if inner == ')' else inner}"


def _type(column: str, rows: Rows) -> str:
    value = next((row[column] for row in rows if row[column] is not None), "")
    kinds = {bool: "bool", int: "long", float: "real", dict: "dynamic", datetime.datetime: "datetime"}
    return kinds.get(type(value), "string")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, datetime.timedelta) else value
