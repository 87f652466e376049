"""A command for the shell: the client cuts it at its blanks and takes its quotes away, here they come back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

_WAS_QUOTED = re.compile(r"""^$|[\s\\'"]|\w\(|\$\d""")
"""Operators, variables, patterns and `$(...)` outside of quotes are left to the shell."""
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*=)(.*)", re.DOTALL)
_SUBSTITUTED = re.compile(r"(\$\([^()]*\)|\$\{\w+\}|\$[A-Z_]{3,}\w*)")
"""What a shell replaces in double quotes; shorter names are those of awk and of regular expressions."""
_OPTIONS = re.compile(r"(?=--?[A-Za-z][\w-]* |.* --[A-Za-z])[\w./:=,@%+ -]*")
"""Several words in one: a client cuts only the first element of a list, as in `["sh a.sh", data, "--to outputs"]`."""

_OPERATOR = re.compile(r"""(?:&&|\|\|?|;|[12&]?>>?|<)\s[^'"]*""")
"""As `_OPTIONS`: such an element goes on with another command, as in `["cat", data, "&& ls"]`."""


def joined(words: Iterable[str]) -> str:
    given = list(words)
    return " ".join(_shell_word(word, before) for before, word in zip(["", *given], given, strict=False))


def _shell_word(word: str, before: str) -> str:
    several = before != "-c" and (_OPTIONS.fullmatch(word) or _OPERATOR.fullmatch(word))
    if several or not _WAS_QUOTED.search(word):
        return word
    if found := _ASSIGNMENT.fullmatch(word):
        return found[1] + _quoted(found[2])
    return _quoted(word)


def _quoted(text: str) -> str:
    """In single quotes, but for what is to be replaced."""
    parts = [part for part in _SUBSTITUTED.split(text) if part] or [""]
    return "".join(f'"{part}"' if _SUBSTITUTED.fullmatch(part) else shlex.quote(part) for part in parts)
