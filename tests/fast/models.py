"""Small models of every kind, built as the search builds them, and their compiled forms."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.clock import Limits
from mlops_cli.engine.automl.fitdata import FitData
from mlops_cli.engine.automl.fits import TableFits
from mlops_cli.engine.automl.problem import read_problem
from mlops_cli.engine.automl.schemas import table_schema
from mlops_cli.engine.compile.model import compile_model
from mlops_cli.engine.model.ensembles import Stack, Vote
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.model.target_means import fit_target_means
from mlops_cli.engine.serving.fast import table
from mlops_cli.engine.serving.fast.scorer import FastModel, load

Kind = tuple[str, dict[str, Any]]
CATEGORIES: Kind = ("LightGBM", {"native_categories": True, "num_leaves": 7, "min_data_per_group": 5})


def shop(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Every type of column there is, with gaps; the labels are `two`, `three` and `price`."""
    random = np.random.default_rng(seed)
    size = random.normal(0, 3, rows).round(1)
    age = random.integers(18, 90, rows).astype(float)
    city = random.choice([f"city {i}" for i in range(25)], rows)
    colour = random.choice(["red", "green", "blue"], rows)
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(random.integers(0, 700, rows), unit="D")
    signal = size + (age - 50) / 20 + np.where(colour == "red", 2, -1) + random.normal(0, 0.5, rows)
    words = random.choice(["good", "bad", "cheap", "fine", "broken"], (rows, 5))
    frame = pd.DataFrame({
        "size": size,
        "age": np.where(random.random(rows) < 0.1, np.nan, age),
        "member": random.random(rows) < 0.5,
        "city": city,
        "colour": np.where(random.random(rows) < 0.05, None, colour),
        "code": [f"{v:.2f}" for v in random.normal(50, 9, rows)],
        "since": days.strftime("%Y-%m-%d"),
        "note": [" ".join(w) + f" {i}" for i, w in enumerate(words)],
        "constant": 1,
        "count": random.integers(0, 5, rows),
    })  # fmt: skip
    frame["two"] = np.where(signal > 0, "yes", "no")
    frame["three"] = np.digitize(signal, [-1, 1])
    frame["price"] = (signal * 20 + 300).round(2)
    return frame


def fitted(
    label: str, kinds: Sequence[Kind], mix: Vote | Stack | None = None, frame: pd.DataFrame | None = None
) -> FittedModel:
    """One member per kind, as (name of the learner, its parameters); see `TableFits` for those of our own."""
    rows = shop() if frame is None else frame
    rows = rows.drop(columns=[c for c in ("two", "three", "price") if c in rows and c != label])
    task = "regression" if label == "price" else "classification"
    settings = TrainSettings(task=task, label=label)
    problem = read_problem(rows, settings)
    encoder = Encoder.fit(problem.features)
    narrow = encoder.matrix(problem.features)
    means = fit_target_means(narrow, problem.targets, encoder.categories)
    data = FitData(means.extend(narrow), problem.y, problem.outputs, encoder.categories, 0)
    fits = TableFits(task, [], data, encoder.features)
    members = [fits.final(name, parameters, 12, Limits(time.time() + 600, 1)) for name, parameters in kinds]
    mix = mix or Vote([1 / len(members)] * len(members))
    return FittedModel(table_schema(problem, encoder, task), encoder, means, members, mix)


def compiled(model: FittedModel, folder: Path) -> FastModel:
    """The compiled model, by way of its files."""
    graph, encoding = compile_model(model)
    table.save(folder, graph, encoding)
    return load(folder, model.schema, 1)


def rows_of(frame: pd.DataFrame, model: FittedModel) -> list[dict[str, Any]]:
    inputs = frame[[f.name for f in model.schema.inputs]].astype(object)
    return inputs.where(inputs.notna(), None).to_dict("records")
