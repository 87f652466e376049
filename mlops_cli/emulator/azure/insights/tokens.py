"""A query of the Kusto query language as tokens."""

import re

from mlops_cli.emulator.errors import bad_request

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<span>\d+(?:\.\d+)?(?:ms|d|h|m|s)(?![A-Za-z_]))|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<sign>==|!=|<=|>=|=~|!~|[-+*/%<>=(),.\[\]|]))"""
)


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
