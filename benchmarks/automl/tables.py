"""The tables that are measured, each with its label and its task."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def _friedman() -> Any:
    """Friedman's first function of five columns among ten, 10,000 rows (synthetic)."""
    import pandas as pd
    from sklearn.datasets import make_friedman1

    values, target = make_friedman1(10_000, noise=1.0, random_state=0)
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(10)]).assign(target=target)


def _rare() -> Any:
    """20,000 rows, three in a hundred positive, a tenth of the cells missing (synthetic)."""
    import numpy as np
    import pandas as pd
    from sklearn.datasets import make_classification

    values, target = make_classification(
        20_000, 25, n_informative=8, n_redundant=4, weights=[0.97], class_sep=0.8, random_state=0
    )
    values[np.random.default_rng(0).random(values.shape) < 0.1] = np.nan
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(25)]).assign(target=target)


def _wide() -> Any:
    """240 rows of 2,000 columns, twelve of them telling (synthetic)."""
    import pandas as pd
    from sklearn.datasets import make_classification

    values, target = make_classification(240, 2000, n_informative=12, shuffle=False, random_state=0)
    return pd.DataFrame(values).add_prefix("x").assign(target=target)


ALL = (
    Table("bank", "binary", "y", _bank),
    Table("bike", "regression", "cnt", _bike),
    Table("breast_cancer", "binary", "target", _shipped("breast_cancer")),
    Table("iris", "multiclass", "target", _shipped("iris")),
    Table("wine", "multiclass", "target", _shipped("wine")),
    Table("digits", "multiclass", "target", _shipped("digits")),
    Table("diabetes", "regression", "target", _shipped("diabetes")),
    Table("friedman", "regression", "target", _friedman),
    Table("rare", "binary", "target", _rare),
    Table("wide", "binary", "target", _wide),
)


def present(names: list[str]) -> Iterator[tuple[Table, Any]]:
    """The chosen tables (all by default) with their rows; a file that is not there is said and left out."""
    for table in ALL:
        if not names or table.name in names:
            try:
                yield table, table.load()
            except FileNotFoundError as error:
                print(f"{table.name}: left out, {error.filename} is not there")


def split(frame: Any, table: Table, seed: int) -> tuple[Any, Any]:
    """80 % to learn from and 20 % to judge by, stratified where there are classes."""
    from sklearn.model_selection import train_test_split

    strata = None if table.task == "regression" else frame[table.label]
    return train_test_split(frame, test_size=0.2, random_state=seed, stratify=strata)
