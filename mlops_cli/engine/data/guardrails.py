"""What a modeller should know about the data before training: what, how much, what to do."""

from collections import defaultdict
from collections.abc import Iterator

import pyarrow as pa

from mlops_cli.domain.data import ColumnProfile, DataProfile, Guardrail
from mlops_cli.engine.data import leakage
from mlops_cli.engine.data.addends import addends

FEW_ROWS = 50
RARE_CLASS = 0.2
MANY_MISSING = 0.2
MANY_VALUES = 100
ID_SHARE = 0.95
SUSPECT_SKILL = 0.85
STRONG_SKILL = 0.6


def check(table: pa.Table, profile: DataProfile) -> list[Guardrail]:
    """All guardrails of a table, warnings first."""
    label = next((column for column in profile.columns if column.name == profile.label), None)
    inputs = [column for column in profile.columns if column is not label]
    found = [
        *_few_rows(profile),
        *_label(profile, label),
        *_columns(profile, inputs),
        *_duplicate_columns(table, inputs),
        *_duplicate_rows(table),
    ]
    if label is not None and label.distinct > 1:
        found += _leaks(table, profile, label, found)
    return sorted(found, key=lambda guardrail: guardrail.severity != "warning")


def _few_rows(profile: DataProfile) -> Iterator[Guardrail]:
    if profile.rows < FEW_ROWS:
        text = f"only {_count(profile.rows, 'row')}: a model needs {FEW_ROWS} at the very least"
        yield Guardrail("few_rows", text)


def _label(profile: DataProfile, label: ColumnProfile | None) -> Iterator[Guardrail]:
    if label is None:
        return
    if label.missing:
        text = f"{_share(label.missing, profile.rows)} of the rows have no label; training leaves them out"
        yield Guardrail("missing_values", text, column=label.name)
    if label.distinct <= 1:
        text = "the label has only one value: there is nothing to learn; add rows of another"
        yield Guardrail("constant_column", text, column=label.name)
    elif profile.balance:
        rare, size = min(profile.balance.items(), key=lambda item: item[1])
        total = sum(profile.balance.values())
        if size < RARE_CLASS * total:
            text = f"'{rare}' is {_share(size, total)} of the rows: judge by AUC_weighted, not by accuracy"
            yield Guardrail("imbalance", text, column=label.name)


def _columns(profile: DataProfile, inputs: list[ColumnProfile]) -> Iterator[Guardrail]:
    for column in inputs:
        if column.distinct == 0:
            text = "no row has a value: drop it"
            yield Guardrail("missing_values", text, column=column.name)
        elif column.missing:
            many = column.missing > MANY_MISSING * profile.rows
            text = f"{_share(column.missing, profile.rows)} missing ({column.missing:,} rows); training fills them"
            if many:
                text += ", but see why they are"
            yield Guardrail("missing_values", text, "warning" if many else "info", column.name)
        if column.distinct == 1 and profile.rows > 1 and not column.missing:
            yield Guardrail("constant_column", "always the same value: drop it", "info", column.name)
        yield from _many_values(profile.rows, column)


def _many_values(rows: int, column: ColumnProfile) -> Iterator[Guardrail]:
    known = rows - column.missing
    if known < FEW_ROWS:
        return
    all_differ = column.distinct >= ID_SHARE * known
    if (column.type == "string" and all_differ) or (column.type == "integer" and column.distinct == known):
        text = f"{column.distinct:,} values in {known:,} rows: it looks like an id; drop it if it is one"
        yield Guardrail("id_like_column", text, column=column.name)
    elif column.type == "string" and column.distinct > MANY_VALUES:
        text = f"{column.distinct:,} different texts: training takes each for its mean label; group the rare ones"
        yield Guardrail("high_cardinality", text, column=column.name)


def _duplicate_columns(table: pa.Table, inputs: list[ColumnProfile]) -> Iterator[Guardrail]:
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for column in inputs:
        if column.distinct > 1:
            key = (column.type, column.missing, column.distinct, column.mean, column.min, column.max)
            first = next((n for n in alike[key] if table.column(n).equals(table.column(column.name))), None)
            if first is None:
                alike[key].append(column.name)
            else:
                text = f"the same as '{first}': drop one of them"
                yield Guardrail("duplicate_column", text, column=column.name)


def _duplicate_rows(table: pa.Table) -> Iterator[Guardrail]:
    distinct = table.group_by(table.column_names).aggregate([]).num_rows
    again = table.num_rows - distinct
    if again:
        text = f"{_count(again, 'row')} ({_share(again, table.num_rows)}) repeat another row: see that it is meant"
        yield Guardrail("duplicate_rows", text, "warning" if again > 0.01 * table.num_rows else "info")


def _leaks(
    table: pa.Table, profile: DataProfile, label: ColumnProfile, found: list[Guardrail]
) -> Iterator[Guardrail]:
    classes = profile.balance is not None or label.type not in ("integer", "number")
    parts = [] if classes else addends(table, label.name)
    yield from _sum(parts, label.name)
    ordered = {column.name for column in profile.columns if column.type == "datetime"}
    ordered |= {str(guardrail.column) for guardrail in found if guardrail.code == "id_like_column"}
    for name, skill in leakage.skills(table, label.name, classes=classes).items():
        least = SUSPECT_SKILL if name in ordered else STRONG_SKILL
        if skill >= least and name not in parts:
            yield _leak(name, label.name, skill, classes)


def _sum(parts: list[str], label: str) -> Iterator[Guardrail]:
    whole = " and ".join(f"'{part}'" for part in parts)
    text = f"{whole} add up to the label '{label}': drop them"
    if len(parts) == 1:
        text = f"is the label '{label}' times a number: drop it"
    for name in parts:
        yield Guardrail("leakage_suspect", text, column=name)


def _leak(name: str, label: str, skill: float, classes: bool) -> Guardrail:
    measure = f"AUC {(skill + 1) / 2:.2f}" if classes else f"R2 {skill:.2f}"
    if skill >= SUSPECT_SKILL:
        text = f"predicts '{label}' all alone ({measure}): drop it if it is known only afterwards"
        return Guardrail("leakage_suspect", text, column=name)
    text = f"says much about '{label}' alone ({measure}): is it known before the prediction?"
    return Guardrail("leakage_suspect", text, "info", name)


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole
    return f"{percent:.1f} %" if percent >= 0.1 else "< 0.1 %"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
