"""Expressions of the Kusto query language, as far as questions about requests need them.

Source: Microsoft's reference "Kusto Query Language". A parsed expression is a function of a `Scope`.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<span>\d+(?:\.\d+)?(?:ms|d|h|m|s)(?![A-Za-z_]))|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<sign>==|!=|<=|>=|=~|!~|[-+*/%<>=(),.\[\]|]))"""
)
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
UTC = datetime.UTC


@dataclass
class Scope:
    """`row` is the row at hand, `rows` those of its group."""

    row: Document
    rows: Sequence[Document] = field(default_factory=list)


Expression = Callable[[Scope], Any]


class Tokens:
    """What is left of a query. Raises ApiError 400 for what cannot be read."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at, text = 0, text.rstrip().rstrip(";")
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise syntax_error(text[at : at + 30])
            self._tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def peek_at(self, ahead: int) -> str:
        return self._tokens[self._at + ahead][1] if self._at + ahead < len(self._tokens) else ""

    def next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise syntax_error("the end of the query")
        self._at += 1
        return self._tokens[self._at - 1]

    def take(self, *words: str) -> str | None:
        """The next token where it is one of `words`."""
        return self.next()[1] if self.peek().lower() in words and self.peek() else None

    def expect(self, word: str) -> None:
        if self.take(word) is None:
            raise syntax_error(f"'{self.peek()}', '{word}' was expected")

    def looks_like(self, *words: str) -> bool:
        """Whether `words` come next; an empty one stands for any token."""
        following = [token[1] for token in self._tokens[self._at : self._at + len(words)]]
        return len(following) == len(words) and all(
            w in ("", f) for w, f in zip(words, following, strict=True)
        )


def syntax_error(what: str) -> Exception:
    return bad_request(f"The query cannot be read at {what}.", "BadArgumentError")


def expression(tokens: Tokens) -> Expression:
    return _binary(tokens, 0)


_LEVELS: tuple[dict[str, Callable[[Any, Any], Any]], ...] = (
    {"or": lambda a, b: bool(a) or bool(b)},
    {"and": lambda a, b: bool(a) and bool(b)},
    {
        "==": lambda a, b: _same(a, b),
        "!=": lambda a, b: not _same(a, b),
        "=~": lambda a, b: str(a).lower() == str(b).lower(),
        "!~": lambda a, b: str(a).lower() != str(b).lower(),
        "<": lambda a, b: _ordered(a, b, lambda x, y: x < y),
        "<=": lambda a, b: _ordered(a, b, lambda x, y: x <= y),
        ">": lambda a, b: _ordered(a, b, lambda x, y: x > y),
        ">=": lambda a, b: _ordered(a, b, lambda x, y: x >= y),
        "contains": lambda a, b: str(b).lower() in str(a).lower(),
        "has": lambda a, b: str(b).lower() in str(a).lower(),
        "startswith": lambda a, b: str(a).lower().startswith(str(b).lower()),
        "endswith": lambda a, b: str(a).lower().endswith(str(b).lower()),
        "in": lambda a, b: any(_same(a, one) for one in b),
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
        return _call(word.lower(), arguments(tokens))
    constants = {"true": True, "false": False, "null": None}
    if word.lower() in constants:
        return lambda _: constants[word.lower()]
    return lambda scope: _column(scope.row, word)


def _column(row: Document, name: str) -> Any:
    if name not in row:
        raise bad_request(f"'{name}' is the name of no column.", "BadArgumentError")
    return row[name]


def _call(name: str, parts: list[Expression]) -> Expression:
    if name in AGGREGATES:
        return lambda scope: AGGREGATES[name](scope, parts)
    if name not in _FUNCTIONS:
        raise bad_request(f"The emulator has no function {name}().", "BadArgumentError")
    return lambda scope: _FUNCTIONS[name](*(part(scope) for part in parts))


def _values(scope: Scope, part: Expression) -> list[Any]:
    found = [part(Scope(row)) for row in scope.rows]
    return [value for value in found if value is not None]


def _percentile(scope: Scope, parts: list[Expression]) -> Any:
    values = sorted(_values(scope, parts[0]))
    share = parts[1](scope) / 100
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def _mean(values: list[Any]) -> Any:
    return sum(values) / len(values) if values else None


AGGREGATES: dict[str, Callable[[Scope, list[Expression]], Any]] = {
    "count": lambda scope, _: len(scope.rows),
    "countif": lambda scope, parts: sum(bool(parts[0](Scope(row))) for row in scope.rows),
    "sum": lambda scope, parts: sum(_values(scope, parts[0])),
    "avg": lambda scope, parts: _mean(_values(scope, parts[0])),
    "min": lambda scope, parts: min(_values(scope, parts[0]), default=None),
    "max": lambda scope, parts: max(_values(scope, parts[0]), default=None),
    "dcount": lambda scope, parts: len(set(map(str, _values(scope, parts[0])))),
    "percentile": _percentile,
}


def _bin(value: Any, size: Any) -> Any:
    if isinstance(value, datetime.datetime):
        start = datetime.datetime(1970, 1, 1, tzinfo=UTC)
        return start + ((value - start) // size) * size
    return value // size * size


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ago": lambda span: datetime.datetime.now(UTC) - span,
    "now": lambda span=datetime.timedelta(): datetime.datetime.now(UTC) + span,
    "datetime": lambda text: moment(str(text)),
    "todatetime": lambda text: moment(str(text)),
    "bin": _bin,
    "tostring": lambda value: "" if value is None else str(value),
    "toint": lambda value: int(float(value)),
    "todouble": lambda value: float(value),
    "tobool": lambda value: str(value).lower() in ("true", "1"),
    "iff": lambda condition, yes, no: yes if condition else no,
    "not": lambda value: not value,
    "round": lambda value, digits=0: round(value, digits) if value is not None else None,
    "isempty": lambda value: value in (None, ""),
    "isnotempty": lambda value: value not in (None, ""),
}


def moment(text: str) -> datetime.datetime:
    """A time, in UTC where it names no zone. Raises ApiError 400."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"'{text}' is no time.", "BadArgumentError") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return str(a).lower() == str(b).lower()
    if isinstance(a, str) != isinstance(b, str):
        return str(a) == str(b)
    return bool(a == b)


def _ordered(a: Any, b: Any, compare: Callable[[Any, Any], bool]) -> bool:
    if a is None or b is None:
        return False
    try:
        if isinstance(a, str) != isinstance(b, str) and not isinstance(a, datetime.datetime):
            return compare(float(a), float(b))
        return compare(a, b)
    except (TypeError, ValueError):
        return False
