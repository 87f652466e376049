"""The tables that are measured, each with its label and its task."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.automl import public, synthetic

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Table:
    """`task` is binary, multiclass or regression."""

    name: str
    task: str
    label: str
    load: Callable[[], Any]


def _bank() -> Any:
    import pandas as pd

    return pd.read_csv(SHARED / "bankmarketing_train.csv")


def _bike() -> Any:
    """Without `casual` and `registered`, which add up to the label, and the row number."""
    import pandas as pd

    return pd.read_csv(SHARED / "bike-no.csv").drop(columns=["casual", "registered", "instant"])


def _shipped(name: str) -> Callable[[], Any]:
    def load() -> Any:
        from sklearn import datasets

        return getattr(datasets, f"load_{name}")(as_frame=True).frame

    return load


def _small_bank() -> Any:
    """One row in twenty of the bank's file."""
    return _bank().sample(frac=0.05, random_state=0)


def _gappy_bank() -> Any:
    """8,000 rows of the bank's file, a fifth of the cells emptied."""
    import numpy as np

    frame = _bank().sample(8_000, random_state=0)
    empty = np.random.default_rng(0).random(frame.shape) < 0.2
    empty[:, frame.columns.get_loc("y")] = False
    return frame.mask(empty)


ALL = (
    Table("bank", "binary", "y", _bank),
    Table("bike", "regression", "cnt", _bike),
    Table("breast_cancer", "binary", "target", _shipped("breast_cancer")),
    Table("iris", "multiclass", "target", _shipped("iris")),
    Table("wine", "multiclass", "target", _shipped("wine")),
    Table("digits", "multiclass", "target", _shipped("digits")),
    Table("diabetes", "regression", "target", _shipped("diabetes")),
    Table("friedman", "regression", "target", synthetic.friedman),
    Table("rare", "binary", "target", synthetic.rare),
    Table("wide", "binary", "target", synthetic.wide),
    Table("small_bank", "binary", "y", _small_bank),
    Table("gappy_bank", "binary", "y", _gappy_bank),
    Table("very_rare", "binary", "target", synthetic.very_rare),
    Table("wide_sum", "regression", "target", synthetic.wide_sum),
    Table("long", "binary", "target", synthetic.long),
    Table("many_classes", "multiclass", "target", synthetic.many_classes),
    Table("levels", "binary", "target", synthetic.levels),
    Table("dates", "regression", "target", synthetic.dates),
    Table("sentences", "binary", "target", synthetic.sentences),
    Table("skewed", "regression", "target", synthetic.skewed),
    Table("untidy", "multiclass", "the risk", synthetic.untidy),
    Table("rings", "multiclass", "target", synthetic.rings),
    *(Table(each.name, each.task, each.label, public.loader(each)) for each in public.CHOSEN),
)


def present(names: list[str]) -> Iterator[tuple[Table, Any]]:
    """The chosen tables (all by default) with their rows; a file that is not there is said and left out."""
    for table in ALL:
        if not names or table.name in names:
            try:
                yield table, table.load()
            except FileNotFoundError as error:
                print(f"{table.name}: left out, {error.filename} is not there")
            except public.LeftOutError as error:
                print(f"{table.name}: left out, {error}")


def split(frame: Any, table: Table, seed: int) -> tuple[Any, Any]:
    """80 % to learn from and 20 % to judge by, stratified where there are classes."""
    from sklearn.model_selection import train_test_split

    strata = None if table.task == "regression" else frame[table.label]
    return train_test_split(frame, test_size=0.2, random_state=seed, stratify=strata)
