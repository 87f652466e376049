"""Held-out quality of AutoML on stratified 80/20 splits, one minute each, beside LightGBM's defaults."""

import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
REAL = REPOSITORY.parent / "shared" / "data" / "bankmarketing_train.csv"
SAMPLE = REPOSITORY / "data" / "bank_marketing_sample.csv"
SEEDS = (0, 1, 2)


def measure() -> None:
    """The real Bank Marketing file when it is beside the checkout, otherwise the synthetic sample."""
    import pandas as pd

    source = REAL if REAL.exists() else SAMPLE
    data = pd.read_csv(source)
    print(f"{source.name}, {len(data):,} rows, 60 s a run")
    print(f"{'seed':>4} {'engine':<18} {'AUC':>8} {'accuracy':>8} {'log loss':>8} {'seconds':>8}")
    for seed in SEEDS:
        for name, train in (("LightGBM defaults", _lightgbm), ("mlops AutoML", _automl)):
            auc, accuracy, loss, seconds = _judge(data, seed, train)
            print(f"{seed:>4} {name:<18} {auc:>8.5f} {accuracy:>8.5f} {loss:>8.5f} {seconds:>8.1f}")


def _judge(data: Any, seed: int, train: Any) -> tuple[float, float, float, float]:
    from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
    from sklearn.model_selection import train_test_split

    fit, held = train_test_split(data, test_size=0.2, random_state=seed, stratify=data["y"])
    began = time.perf_counter()
    answers = train(fit.reset_index(drop=True), held.drop(columns="y"))
    seconds = time.perf_counter() - began
    truth = (held["y"] == "yes").to_numpy()
    return (
        roc_auc_score(truth, answers),
        accuracy_score(truth, answers > 0.5),
        log_loss(truth, answers),
        seconds,
    )


def _lightgbm(fit: Any, held: Any) -> Any:
    import lightgbm
    from sklearn.preprocessing import OrdinalEncoder

    text = list(fit.select_dtypes(exclude="number").columns.drop("y"))
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(fit[text])
    coded = [
        table.assign(**dict(zip(text, encoder.transform(table[text]).T, strict=True)))
        for table in (fit, held)
    ]
    model = lightgbm.LGBMClassifier(num_threads=2, verbose=-1).fit(
        coded[0].drop(columns="y"), fit["y"] == "yes"
    )
    return model.predict_proba(coded[1])[:, 1]


def _automl(fit: Any, held: Any) -> Any:
    from mlops_cli.domain.training import TrainSettings
    from mlops_cli.engine.automl.search import run_automl
    from mlops_cli.engine.model.folder import load

    with tempfile.TemporaryDirectory() as folder:
        settings = TrainSettings(label="y", experiment_timeout_minutes=1)
        result = run_automl(fit, settings, Path(folder), on_trial=lambda _: None)
        assert result.model_folder is not None
        model = load(result.model_folder)
    return model.predict_proba(held)[:, list(model.schema.classes).index("yes")]
