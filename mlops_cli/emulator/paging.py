"""Long lists in pages: the token of the next page is where it starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from mlops_cli.emulator.errors import bad_request

Item = TypeVar("Item")


def page(
    items: Sequence[Item], token: str | None, size: str | None, most: int = 1000
) -> tuple[list[Item], str | None]:
    """The page that starts at `token`, and the token of the next one; None where there is none."""
    try:
        start, length = int(token or 0), min(int(size or most), most)
    except ValueError:
        raise bad_request("The continuation token or the page size is not a number.") from None
    end = start + max(length, 1)
    return list(items[start:end]), str(end) if end < len(items) else None


def paged(items: Sequence[Item], token: str | None, size: str | None) -> dict[str, object]:
    """The same as the document of a list."""
    shown, following = page(items, token, size)
    return {"value": shown, "continuationToken": following, "nextLink": None}
