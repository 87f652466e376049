"""`${VAR}` and `${VAR:-default}` in a profile; `$${` stands for the two characters themselves."""

import re
from collections.abc import Mapping

from msgspec import Struct

_REFERENCE = re.compile(r"\$?\$\{[A-Za-z_]\w*(?::-[^{}\n]*)?\}", re.ASCII)
_PART = re.compile(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\})?", re.ASCII)
_SECRET = re.compile(r"(?i)secret|password|passwd|token|credential|(^|_)(key|pat|sas|pwd)($|_)")

# Braces, brackets and commas end a plain scalar inside `{a: ${B}}`, so YAML is shown private-use
# characters in their place, one for one: line and column stay what they are.
_PLAIN = "{}[],:#&*!|>'\"%@`"
_MASK = {ord(char): 0xF8D0 + index for index, char in enumerate(_PLAIN)}
_UNMASK = {code: char for char, code in zip(_PLAIN, _MASK.values(), strict=True)}


class Expanded(Struct):
    """A text with its variables put in. `unset` is the first variable that has neither value nor default."""

    text: str
    variables: tuple[str, ...] = ()
    unset: str | None = None


def mask(text: str) -> str:
    """`text` with every reference hidden from YAML."""
    return _REFERENCE.sub(lambda match: match[0].translate(_MASK), text)


def unmask(text: str) -> str:
    return text.translate(_UNMASK)


def expand(text: str, environ: Mapping[str, str]) -> Expanded:
    """Put the variables in; an empty variable counts as not set, as in a shell's `:-`.

    Raises ValueError when a reference has no name or no closing brace.
    """
    variables: list[str] = []
    unset: list[str] = []

    def put(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        if not match["name"]:
            raise ValueError("'${' wants a NAME and a closing brace; write $${ for the characters themselves")
        variables.append(match["name"])
        value = environ.get(match["name"]) or match["default"]
        if value is None:
            unset.append(match["name"])
        return value or ""

    return Expanded(_PART.sub(put, text), tuple(variables), next(iter(unset), None))


def is_secret(name: str) -> bool:
    """Whether a variable or key of this name is likely to hold a secret."""
    return bool(_SECRET.search(name))
