"""Small tables with a known signal."""

import numpy as np
import pandas as pd

from mlops_cli.domain.training import TrainSettings

CITIES = ("Bern", "Oslo", "Rome", "Wien")


def people(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps, categories, dates, numbers in text, an identifier; `bought` depends on three of them."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 90, rows).astype(float)
    city = random.choice(CITIES, rows)
    income = random.normal(50, 15, rows)
    score = (age - 50) / 20 + (income - 50) / 10 + np.where(city == "Oslo", 2.0, -0.5)
    bought = np.where(score + random.normal(0, 0.7, rows) > 0, "yes", "no")
    age[::17] = np.nan
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 700, rows), unit="D")
    return pd.DataFrame(
        {
            "age": age,
            "city": city,
            "income": [f"{v:.2f}" for v in income],
            "joined": days.strftime("%Y-%m-%d"),
            "customer": [f"c-{i:05}" for i in range(rows)],
            "constant": 1,
            "bought": bought,
        }
    )


def prices(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    frame = people(rows, seed).drop(columns="bought")
    noise = np.random.default_rng(seed + 1).normal(0, 2, rows)
    bonus = frame["city"].map(dict(zip(CITIES, (0, 10, 20, 30), strict=True)))
    return frame.assign(price=frame["income"].astype(float) * 2 + bonus + noise)


def sales(days: int = 150, stores: tuple[str, ...] = ("north", "south")) -> pd.DataFrame:
    """Daily sales with a weekly cycle, a level per store and a promotion known beforehand."""
    random = np.random.default_rng(0)
    frames = []
    for number, store in enumerate(stores):
        promotion = random.random(days) < 0.2
        weekly = np.array([0, 1, 2, 3, 5, 9, 7])[np.arange(days) % 7]
        sold = 20 * (number + 1) + 3 * weekly + 15 * promotion + random.normal(0, 1, days)
        dates = pd.date_range("2024-01-01", periods=days).strftime("%Y-%m-%d")
        frames.append(
            pd.DataFrame({"day": dates, "store": store, "promotion": promotion.astype(int), "sold": sold})
        )
    return pd.concat(frames, ignore_index=True)


def settings(label: str, trials: int | None = 1, **given: object) -> TrainSettings:
    """Bounded by number, quick: LightGBM alone unless asked otherwise."""
    quick = {"allowed_models": ["LightGBM"], "n_cross_validations": 3, "experiment_timeout_minutes": 2}
    return TrainSettings(label=label, max_trials=trials, **{**quick, **given})  # type: ignore[arg-type]
