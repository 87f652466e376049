"""Expressions of the Kusto query language, as far as questions about requests need them.

Source: Microsoft's reference "Kusto Query Language". A parsed expression is a function of a `Scope`.
"""

import datetime
import re
from collections.abc import Callable
from typing import Any

from mlops_cli.emulator.azure.insights.functions import Expression, Scope, call, ordered, same
from mlops_cli.emulator.azure.insights.tokens import Tokens, syntax_error
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def expression(tokens: Tokens) -> Expression:
    return _binary(tokens, 0)


_LEVELS: tuple[dict[str, Callable[[Any, Any], Any]], ...] = (
    {"or": lambda a, b: bool(a) or bool(b)},
    {"and": lambda a, b: bool(a) and bool(b)},
    {
        "==": lambda a, b: same(a, b),
        "!=": lambda a, b: not same(a, b),
        "=~": lambda a, b: str(a).lower() == str(b).lower(),
        "!~": lambda a, b: str(a).lower() != str(b).lower(),
        "<": lambda a, b: ordered(a, b, lambda x, y: x < y),
        "<=": lambda a, b: ordered(a, b, lambda x, y: x <= y),
        ">": lambda a, b: ordered(a, b, lambda x, y: x > y),
        ">=": lambda a, b: ordered(a, b, lambda x, y: x >= y),
        "contains": lambda a, b: str(b).lower() in str(a).lower(),
        "has": lambda a, b: str(b).lower() in str(a).lower(),
        "startswith": lambda a, b: str(a).lower().startswith(str(b).lower()),
        "endswith": lambda a, b: str(a).lower().endswith(str(b).lower()),
        "in": lambda a, b: any(same(a, one) for one in b),
    },
    {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
    {"*": lambda a, b: a * b, "/": lambda a, b: a / b if b else None, "%": lambda a, b: a % b},
)


def _binary(tokens: Tokens, level: int) -> Expression:
    if level == len(_LEVELS):
        return _unary(tokens)
    left = _binary(tokens, level + 1)
    while word := tokens.take(*_LEVELS[level]):
        right = _list(tokens) if word.lower() == "in" else _binary(tokens, level + 1)
        left = _applied(_LEVELS[level][word.lower()], left, right)
    return left


def _applied(operator: Callable[[Any, Any], Any], left: Expression, right: Expression) -> Expression:
    return lambda scope: operator(left(scope), right(scope))


def _list(tokens: Tokens) -> Expression:
    parts = arguments(tokens)
    return lambda scope: [part(scope) for part in parts]


def arguments(tokens: Tokens) -> list[Expression]:
    """Expressions in parentheses."""
    tokens.expect("(")
    found: list[Expression] = []
    while not tokens.take(")"):
        found.append(expression(tokens))
        tokens.take(",")
    return found


def _unary(tokens: Tokens) -> Expression:
    if tokens.take("-"):
        inner = _unary(tokens)
        return lambda scope: -inner(scope)
    if tokens.take("("):
        inside = expression(tokens)
        tokens.expect(")")
        return inside
    return _member(tokens, _primary(tokens))


def _member(tokens: Tokens, value: Expression) -> Expression:
    """`.name` and `["name"]` behind a dynamic column."""
    while sign := tokens.take(".", "["):
        name = tokens.next()[1].strip("\"'")
        if sign == "[":
            tokens.expect("]")
        value = _inside(value, name)
    return value


def _inside(value: Expression, name: str) -> Expression:
    def get(scope: Scope) -> Any:
        outer = value(scope)
        return outer.get(name) if isinstance(outer, dict) else None

    return get


def _primary(tokens: Tokens) -> Expression:
    kind, word = tokens.next()
    if kind == "text":
        text = re.sub(r"\\(.)", r"\1", word[1:-1])
        return lambda _: text
    if kind == "number":
        number = float(word) if "." in word else int(word)
        return lambda _: number
    if kind == "span":
        found = re.fullmatch(r"([\d.]+)(\w+)", word)
        assert found is not None, "the tokenizer has seen to that"
        span = datetime.timedelta(seconds=float(found[1]) * SECONDS[found[2]])
        return lambda _: span
    if kind != "name":
        raise syntax_error(f"'{word}'")
    if tokens.peek() == "(":
        return call(word.lower(), arguments(tokens))
    constants = {"true": True, "false": False, "null": None}
    if word.lower() in constants:
        return lambda _: constants[word.lower()]
    return lambda scope: _column(scope.row, word)


def _column(row: Document, name: str) -> Any:
    if name not in row:
        raise bad_request(f"'{name}' is the name of no column.", "BadArgumentError")
    return row[name]
