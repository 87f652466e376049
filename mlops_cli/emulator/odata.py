"""The filters and orders of run history: OData's boolean expressions over a document."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

Test = Callable[[Document], bool]
_TOKEN = re.compile(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|\(|\)|[^\s()]+)""")
_MISSING = object()
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and a > b,
    "ge": lambda a, b: a is not None and a >= b,
    "lt": lambda a, b: a is not None and a < b,
    "le": lambda a, b: a is not None and a <= b,
}


def parse_filter(text: str | None) -> Test:
    """The test that `text` stands for, such as `(Status eq Failed) and (Tags/a eq "b")`.

    A comparison with a key that a map (Tags, Properties) lacks is false, whatever it compares with.
    Raises ApiError 400 for what is no filter.
    """
    if not (text or "").strip():
        return lambda _: True
    parser = _Parser(_TOKEN.findall(text or ""))
    test = parser.either()
    if parser.tokens:
        raise bad_request(f"The filter '{text}' cannot be read at '{parser.tokens[0]}'.")
    return test


class _Parser:
    """Recursive descent: either -> both -> one."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda document: any(test(document) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda document: all(test(document) for test in tests)

    def _one(self) -> Test:
        if self._take("("):
            test = self.either()
            if not self._take(")"):
                raise bad_request("A bracket of the filter is not closed.")
            return test
        field = self._words(lambda word: word.lower() in _OPERATORS)
        if not self.tokens or not field:
            raise bad_request("The filter lacks a comparison.")
        compare = _OPERATORS[self.tokens.pop(0).lower()]
        value = _value(self._words(lambda word: word.lower() in ("and", "or", ")")))

        return lambda document: _compared(field_of(document, field), compare, value)

    def _words(self, ends: Callable[[str], bool]) -> str:
        """Tokens up to one that `ends`; values may hold blanks and brackets of their own."""
        words = []
        while self.tokens and not ends(self.tokens[0]):
            words.append(self.tokens.pop(0))
        return " ".join(words)

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0].lower() == token:
            self.tokens.pop(0)
            return True
        return False


def _compared(found: Any, compare: Callable[[Any, Any], bool], value: str | None) -> bool:
    return found is not _MISSING and compare(found, value)


def _value(text: str) -> str | None:
    if text == "null":
        return None
    if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]:
        return text[1:-1].replace(text[0] * 2, text[0])
    # A moment may be written with a blank where documents have a T.
    return re.sub(r"^(\d{4}-\d\d-\d\d) (\d\d:)", r"\1T\2", text)


def field_of(document: Document, path: str) -> Any:
    """A field by its name in any case; `Tags/x` and `Properties/x` look into those maps."""
    head, slash, key = path.partition("/")
    name = head[:1].lower() + head[1:]
    if not slash:
        return document.get(name)
    found: Any = document.get(name)
    if name not in ("tags", "properties"):
        return _nested(found, key.split("/"))
    return found.get(key.strip("\"'"), _MISSING) if isinstance(found, dict) else _MISSING


def _nested(found: Any, keys: list[str]) -> Any:
    for key in keys:
        if isinstance(found, list):
            return key if key in found else _MISSING
        if not isinstance(found, dict):
            return _MISSING
        found = found.get(key[:1].lower() + key[1:], _MISSING)
    return found


def ordered(documents: list[Document], order: str | list[str] | None) -> list[Document]:
    """Sorted by `Field [asc|desc], ...`; the first field counts most, nulls come last where it descends."""
    parts = order if isinstance(order, list) else (order or "").split(",")
    for part in reversed([p.split() for p in parts if p.strip()]):
        descending = len(part) > 1 and part[1].lower() == "desc"
        documents = sorted(documents, key=partial(_key, part[0]), reverse=descending)
    return documents


def _key(field: str, document: Document) -> tuple[bool, str]:
    value = field_of(document, field)
    known = value is not None and value is not _MISSING
    return known, str(value) if known else ""
