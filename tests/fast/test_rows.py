"""Texts that are decoded to their codes."""

import math

import msgspec
import pytest

from mlops_cli.engine.model.columns import CategoryColumn
from mlops_cli.engine.serving.fast.rows import codes_type
from mlops_cli.engine.serving.fast.table import MOST_CODES, group


def decoded(body: bytes, codes: dict[str, float]) -> list[float | None]:
    kind = codes_type(codes, lambda text: codes.get(text.strip(), math.nan))
    return msgspec.json.decode(body, type=list[kind | None])  # type: ignore[valid-type]


def test_known_texts_are_their_codes() -> None:
    codes = {"café": 0.0, "tea": 1.0}
    assert decoded(b'["tea", "caf\\u00e9", "tea"]', codes) == [1.0, 0.0, 1.0]
    assert repr(decoded(b'["tea"]', codes)) == "[1.0]"


def test_other_texts_are_asked_for() -> None:
    assert decoded(b'[" tea "]', {"tea": 1.0}) == [1.0]
    assert all(math.isnan(code or 0) for code in decoded(b'["water", ""]', {"tea": 1.0}))


def test_null_stays_missing_and_anything_else_is_refused() -> None:
    assert decoded(b"[null]", {"tea": 1.0}) == [None]
    with pytest.raises(msgspec.ValidationError):
        decoded(b"[1]", {"tea": 1.0})


def test_a_column_without_categories_has_none() -> None:
    assert math.isnan(decoded(b'["tea"]', {})[0] or 0)


@pytest.mark.parametrize(("count", "wanted"), [(MOST_CODES, "category"), (MOST_CODES + 1, "computed")])
def test_columns_of_many_categories_are_encoded_one_by_one(count: int, wanted: str) -> None:
    column = CategoryColumn("film", {f"film {i}": float(i) for i in range(count)})
    assert group(column, "string") == wanted
