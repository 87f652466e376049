"""What is wrong with a profile, and the one error that reports all of it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from msgspec import Struct

from mlops_cli.errors import ConfigError


class Problem(Struct):
    """`where` is file:line:column, a variable or a flag; `key` the key path, empty for a whole file."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        key = "" if self.where.endswith(f" {self.key}") else self.key
        return ": ".join(part for part in (self.where, key, self.message) if part)


def config_error(problems: Sequence[Problem]) -> ConfigError:
    """One error for all `problems`: the first is the message, the others are the details."""
    first, *others = map(str, problems)
    return ConfigError(first, hint="correct it, then: mlops config validate", details=others)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`, did you mean 'NAME'?` for the nearest of `known`; empty when none is near."""
    names = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), names, n=1)
    return f", did you mean '{names[near[0]]}'?" if near else ""
