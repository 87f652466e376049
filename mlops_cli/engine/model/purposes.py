"""What a column is, found out or as wanted: a number, a category, a date, a text, or nothing to learn from."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from mlops_cli.engine.model.columns import (
    CategoryColumn,
    Column,
    DateColumn,
    NumberColumn,
    TextColumn,
    grams,
)
from mlops_cli.engine.model.values import (
    date_format,
    has_decimal_comma,
    is_missing,
    to_datetime,
    to_key,
    to_number,
)
from mlops_cli.errors import DataError

if TYPE_CHECKING:
    import pandas

MOST_CATEGORIES = 10_000
MOST_WORDS = 300
_MOST_TEXTS, _LEAST_TEXTS = 20_000, 3
_SAMPLE = 500
_ROWS_PER_KEY = 5
_ID_NAMES = ("id", "index", "uuid", "guid", "rowid", "row", "rowname", "rownames", "row_number", "unnamed: 0")
"""The last is what pandas calls a first column without a name, where it has written its index before."""


class Dropped(Struct):
    """A column that the model does not read, and why."""

    name: str
    reason: str


def as_wanted(purpose: str, name: str, series: "pandas.Series") -> Column | Dropped:
    """The column as it is wanted, whatever it looks like."""
    if purpose == "drop":
        return Dropped(name, "not wanted")
    if purpose == "number":
        return NumberColumn(
            name, decimal_comma=has_decimal_comma(map(str, series.dropna().unique()[:_SAMPLE]))
        )
    if purpose == "category":
        return _category(name, series)
    if purpose == "text":
        return _text(name, series)
    texts = [str(v) for v in series.dropna().unique()[:_SAMPLE].tolist()]
    form = "iso" if series.dtype.kind == "M" else date_format(texts, share=0.5)
    if form is None:
        raise DataError(f"the column '{name}' cannot be read as dates, for example {texts[:3]}")
    return DateColumn(name, form, _has_hours(series.dropna().iloc[:_SAMPLE].tolist(), form))


def found_out(name: str, series: "pandas.Series", mode: str) -> Column | Dropped:
    if mode == "off":
        return NumberColumn(name) if _is_numeric(series) else _category(name, series)
    if series.nunique(dropna=False) <= 1:
        return Dropped(name, "constant")
    if _is_numeric(series):
        return _number(name, series)
    if series.dtype.kind == "M":
        return DateColumn(name, "iso", _has_hours(series.dropna().iloc[:_SAMPLE].tolist(), "iso"))
    return _textual(name, series)


def _is_numeric(series: "pandas.Series") -> bool:
    return series.dtype.kind in "iufb" and str(series.dtype) != "category"


def _number(name: str, series: "pandas.Series") -> Column | Dropped:
    """A key that comes again and again names something, a customer or a film: how large it is says little."""
    if not _is_named_id(name) or series.dtype.kind not in "iu":
        return NumberColumn(name)
    if series.is_unique:
        return Dropped(name, "looks like a row number or key")
    return _category(name, series) if _comes_again(series) else NumberColumn(name)


def _is_named_id(name: str) -> bool:
    return name.lower() in _ID_NAMES or name.lower().endswith(("_id", " id")) or name.endswith(("Id", "ID"))


def _comes_again(series: "pandas.Series") -> bool:
    """Most rows have a key that others have too, often enough to learn of it."""
    return len(series) >= _ROWS_PER_KEY * series.nunique()


def _textual(name: str, series: "pandas.Series") -> Column | Dropped:
    distinct = [v for v in series.unique().tolist() if not _no_value(v)]
    texts = [str(v) for v in distinct[:: max(1, len(distinct) // _SAMPLE)]]
    if not texts:
        return Dropped(name, "no value")
    comma = has_decimal_comma(texts)
    if _share(to_number(t, comma) == to_number(t, comma) for t in texts) >= 0.95:
        return NumberColumn(name, decimal_comma=comma)
    if form := date_format(texts):
        return DateColumn(name, form, _has_hours(texts, form))
    if len(distinct) > 20 and _share(t.count(" ") >= 3 for t in texts) > 0.5:
        return _text(name, series)
    if len(distinct) >= 20 and len(distinct) > 0.95 * series.notna().sum():
        return Dropped(name, "nearly every value is different")
    return _category(name, series)


def _category(name: str, series: "pandas.Series") -> CategoryColumn:
    """A category seen once in a column of many stands for what is yet unseen."""
    counts: Counter[str] = Counter()
    for value, count in series.value_counts(dropna=True).items():
        key = to_key(value)
        if key is not None:
            counts[key] += int(count)
    least = 2 if len(counts) > 20 else 1
    kept = [key for key, count in counts.most_common(MOST_CATEGORIES) if count >= least]
    return CategoryColumn(name, {key: float(code) for code, key in enumerate(_in_order(kept))})


def _in_order(keys: list[str]) -> list[str]:
    """Numbers by their size, so that a tree may still part small ones from large ones."""
    numbers = {key: to_number(key) for key in keys}
    if all(number == number for number in numbers.values()):
        return sorted(keys, key=lambda key: (numbers[key], key))
    return sorted(keys)


def _text(name: str, series: "pandas.Series") -> TextColumn:
    """With the words and pairs that stand in most rows, in a sample of them."""
    rows = series.dropna()
    sample = rows.iloc[:: max(1, len(rows) // _MOST_TEXTS)]
    counts: Counter[str] = Counter()
    for value in sample.tolist():
        counts.update(set(grams(to_key(value) or "")))
    least = max(_LEAST_TEXTS, len(sample) // 1000)
    usual = [gram for gram, count in counts.most_common(MOST_WORDS) if count >= least]
    return TextColumn(name, vocabulary=sorted(usual))


def _has_hours(values: Iterable[Any], form: str) -> bool:
    moments = (to_datetime(v, form) for v in values)
    return any(m is not None and (m.hour or m.minute) for m in moments)


def _no_value(value: Any) -> bool:
    return to_key(value) is None or is_missing(value)


def _share(flags: Iterable[bool]) -> float:
    listed = list(flags)
    return sum(listed) / len(listed)
