"""The best model so far of a run that was cancelled or killed."""

from pathlib import Path

from tests.cli.test_train import project as project  # a fixture
from tests.cli.test_train import start_endless, trainer_of, wait_for_children
from tests.conftest import Mlops


def registered(project: Mlops, run_id: str) -> dict:
    project("models", "register", run_id, "--name", "early")
    model = project("models", "show", "early", "-o", "json").json()
    assert (Path(model["path"]) / "model.pkl").exists()
    return dict(model)


def test_a_cancelled_run_keeps_its_best_model(project: Mlops) -> None:
    run_id = start_endless(project)
    wait_for_children(project, run_id, 3)
    project("runs", "cancel", run_id)
    project("train", code=5)
    best = project("runs", "show", run_id, "-o", "json").json()["best"]
    model = registered(project, run_id)
    assert (model["algorithm"], model["metrics"]) == (best["algorithm"], best["metrics"])


def test_a_killed_run_leaves_its_best_model(project: Mlops) -> None:
    run_id = start_endless(project)
    wait_for_children(project, run_id, 3)
    trainer = trainer_of(run_id)
    trainer.kill()
    trainer.wait(10)
    model = registered(project, run_id)
    rows = project("runs", "leaderboard", run_id, "-o", "json").json()
    assert (model["algorithm"], model["metrics"]) in [(r["algorithm"], r["metrics"]) for r in rows]
    project("runs", "cancel", run_id)
