"""Seeded tables of the shapes that real ones have: few or many rows, columns, classes, categories, gaps."""

from typing import Any

import numpy as np

_WORDS = 3000
_SENTENCES = 4000


def friedman() -> Any:
    """Friedman's first function of five columns among ten, 10,000 rows."""
    import pandas as pd
    from sklearn.datasets import make_friedman1

    values, target = make_friedman1(10_000, noise=1.0, random_state=0)
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(10)]).assign(target=target)


def rare() -> Any:
    """20,000 rows, three in a hundred positive, a tenth of the cells missing."""
    frame = _blobs(20_000, 25, n_informative=8, n_redundant=4, weights=[0.97], class_sep=0.8)
    values = frame.drop(columns="target").to_numpy(copy=True)
    values[np.random.default_rng(0).random(values.shape) < 0.1] = np.nan
    return _named(values, frame["target"].to_numpy())


def very_rare() -> Any:
    """30,000 rows, one in a hundred positive."""
    return _blobs(30_000, 15, n_informative=6, weights=[0.99], class_sep=1.0, flip_y=0.002)


def wide() -> Any:
    """240 rows of 2,000 columns, twelve of them telling."""
    return _blobs(240, 2000, n_informative=12, shuffle=False)


def wide_sum() -> Any:
    """200 rows of 500 columns; the label is a weighted sum of ten of them."""
    random = np.random.default_rng(0)
    values = random.normal(size=(200, 500))
    return _named(values, values[:, :10] @ random.uniform(1, 3, 10) + random.normal(0, 2, 200))


def long() -> Any:
    """200,000 rows of 20 columns."""
    return _blobs(200_000, 20, n_informative=12, n_clusters_per_class=8, class_sep=0.7)


def many_classes() -> Any:
    """80 classes of about 100 rows each."""
    return _blobs(8_000, 20, n_informative=14, n_classes=80, n_clusters_per_class=1, class_sep=1.2)


def levels() -> Any:
    """Two columns of 5,000 and 500 categories with effects of their own, many of them rare; 20,000 rows."""
    import pandas as pd

    random = np.random.default_rng(0)
    shop, maker = (np.minimum(random.zipf(1.3, 20_000), n) - 1 for n in (5_000, 500))
    shop = (shop + random.integers(0, 2_500, 20_000)) % 5_000
    effects = random.normal(0, 1.2, 5_000)[shop] + random.normal(0, 1.0, 500)[maker]
    number = random.normal(size=20_000)
    sold = random.random(20_000) < 1 / (1 + np.exp(-(effects + 0.7 * number - 0.5)))
    names = {"shop": [f"s{i:05}" for i in shop], "maker": [f"m{i:03}" for i in maker]}
    return pd.DataFrame({**names, "number": number, "target": np.where(sold, "sold", "kept")})


def dates() -> Any:
    """Orders of three years: a cycle over the year and the week, a slow rise, a delay between two dates."""
    import pandas as pd

    random = np.random.default_rng(0)
    day, wait = random.integers(0, 1095, 6_000), random.integers(1, 30, 6_000)
    ordered = pd.Timestamp("2022-01-01") + pd.to_timedelta(day, unit="D")
    sent = ordered + pd.to_timedelta(wait, unit="D")
    cycle = 10 * np.sin(2 * np.pi * day / 365.25) + 5 * (ordered.day_of_week.to_numpy() >= 5)
    target = 50 + 0.01 * day + cycle - 0.5 * wait + random.normal(0, 3, 6_000)
    texts = {"ordered": ordered.strftime("%d.%m.%Y"), "sent": sent.strftime("%Y-%m-%d")}
    return pd.DataFrame({**texts, "region": random.choice(list("abcde"), 6_000), "target": target})


def sentences() -> Any:
    """4,000 texts of 5 to 30 words; a few dozen of the words tell the label."""
    import pandas as pd

    random = np.random.default_rng(0)
    words = np.array(["".join(random.choice(list("abcdefghiklmnoprstu"), 6)) for _ in range(_WORDS)])
    tone = np.where(np.arange(_WORDS) % 25 == 0, random.choice([-1, 1], _WORDS), 0)
    share = 1 / (np.arange(_WORDS) + 20)
    drawn = [random.choice(_WORDS, random.integers(5, 30), p=share / share.sum()) for _ in range(_SENTENCES)]
    scores = np.array([tone[d].sum() for d in drawn]) + random.normal(0, 0.7, _SENTENCES)
    text = [" ".join(words[d]) for d in drawn]
    return pd.DataFrame(
        {"text": text, "length": [len(t) for t in text], "target": np.where(scores > 0, "good", "bad")}
    )


def skewed() -> Any:
    """A price: factors multiply, so that a few labels are a thousand times the usual one."""
    import pandas as pd

    random = np.random.default_rng(0)
    size, age = random.lognormal(4, 0.6, 8_000), random.uniform(0, 80, 8_000)
    place = random.integers(0, 12, 8_000)
    level = random.normal(0, 0.6, 12)[place]
    logs = 1.2 * np.log(size) - 0.01 * age + level + random.normal(0, 0.35, 8_000)
    columns = {"size": size, "age": age, "place": [f"p{i}" for i in place]}
    return pd.DataFrame({**columns, "target": np.exp(logs)})


def untidy() -> Any:
    """Constant, repeated and empty columns, keys, numbers in text, flags; a label in words with blanks."""
    import pandas as pd

    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 3_000))
    kind = random.choice(["low risk", "some risk", "high risk"], 3_000, p=[0.6, 0.3, 0.1])
    height = {"low risk": 0.0, "some risk": 1.5, "high risk": 3.0}
    z = pd.Series(kind).map(height).to_numpy() + x - y + random.normal(0, 1, 3_000)
    amount = pd.Series([f"{1000 * v:,.2f}" for v in z]).mask(random.random(3_000) < 0.2)
    columns = {
        "x": x,
        "x again": x,
        "y": y,
        "one": 1,
        "nothing": np.nan,
        "amount": amount,
        "key": np.arange(3_000),
    }
    columns |= {"flag": random.random(3_000) < 0.5, "half": np.where(random.random(3_000) < 0.5, x, np.nan)}
    return pd.DataFrame({**columns, "the risk": kind})


def rings() -> Any:
    """Four classes as shells around the middle of six columns: no single column tells any."""
    import pandas as pd
    from sklearn.datasets import make_gaussian_quantiles

    values, target = make_gaussian_quantiles(n_samples=3_000, n_features=6, n_classes=4, random_state=0)
    return pd.DataFrame(values).add_prefix("x").assign(target=target)


def _blobs(rows: int, columns: int, **shape: Any) -> Any:
    from sklearn.datasets import make_classification

    return _named(*make_classification(rows, columns, random_state=0, **shape))


def _named(values: np.ndarray, target: np.ndarray) -> Any:
    import pandas as pd

    return pd.DataFrame(values).add_prefix("x").assign(target=target)
