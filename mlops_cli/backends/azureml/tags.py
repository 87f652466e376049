"""What we write into tags on Azure for ourselves, apart from the tags of people."""

from __future__ import annotations

from collections.abc import Mapping

PREFIX = "mlops_"


def own(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Our own entries, without the prefix."""
    return {k.removeprefix(PREFIX): v for k, v in (tags or {}).items() if k.startswith(PREFIX)}


def without_own(tags: Mapping[str, str] | None) -> dict[str, str]:
    return {key: value for key, value in (tags or {}).items() if not key.startswith(PREFIX)}


def with_own(tags: Mapping[str, str], **entries: str) -> dict[str, str]:
    return {**tags, **{f"{PREFIX}{key}": value for key, value in entries.items()}}
