"""`mlops runs show --html`: one page that stands alone."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mlops_cli.engine.automl import curves
from tests.automl.tables import prices, sales
from tests.cli.test_train import project as project  # a fixture
from tests.cli.test_train import start_endless, wait_for_children
from tests.conftest import Mlops

FORECAST = """
data: {name: sold, path: sold.csv, label: sold}
train:
  {task: forecasting, max_trials: 2, experiment_timeout_minutes: 5, allowed_models: [LightGBM, SeasonalNaive],
   forecasting: {time_column_name: day, forecast_horizon: 7, time_series_id_column_names: [store]}}
"""
REGRESSION = """
data: {name: priced, path: priced.csv, label: price}
train: {task: regression, max_trials: 1, experiment_timeout_minutes: 5, allowed_models: [LightGBM]}
"""


class Page(HTMLParser):
    """The titles on a page, and everything on it that names something elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.titles: list[str] = []
        self.elsewhere: list[str] = []
        self.tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag = tag
        self.elsewhere += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.elsewhere += [tag] if tag in ("script", "link", "img", "iframe", "object") else []

    def handle_data(self, data: str) -> None:
        if self.tag in ("h1", "h2", "figcaption") and data.strip():
            self.titles.append(data.strip())


def written(project: Mlops) -> Page:
    run_id = project("runs", "list", "-o", "json").json()[0]["run_id"]
    project("runs", "show", run_id, "--html", "run.html")
    text = (project.project / "run.html").read_text()
    assert not re.search(r"url\(|@import|https?://", text)
    page = Page(text)
    assert page.elsewhere == []
    return page


def titled(page: Page, *starts: str) -> None:
    for start in starts:
        assert any(title.startswith(start) for title in page.titles), (start, page.titles)


def test_a_classifier_is_reported_with_its_curves(project: Mlops) -> None:
    project("train", "-q")
    page = written(project)
    titled(page, "ROC", "Precision by recall", "Calibration", "Confusion", "What the answers", "Leaderboard")
    titled(page, "Metrics of", "Columns", "Settings")


def test_a_regression_is_reported_with_its_residuals(project: Mlops) -> None:
    prices().to_csv(project.project / "priced.csv", index=False)
    project.profile(REGRESSION)
    project("train", "-q")
    titled(written(project), "Predicted (up)", "Residuals", "What the answers")


def test_forecasts_are_drawn_series_by_series(project: Mlops) -> None:
    sales().to_csv(project.project / "sold.csv", index=False)
    project.profile(FORECAST)
    project("train", "-q")
    page = written(project)
    titled(page, "Forecasts of north", "Forecasts of south", "Residuals", "What the answers")
    assert page.titles.count("forecast") <= 2


def test_a_run_without_a_model_is_reported_too(project: Mlops) -> None:
    (project.project / "tiny.csv").write_text("a,y\n" + "1,yes\n" * 50)
    project("train", code=None)
    assert "Settings" in written(project).titles


def test_a_running_one_is_reported_with_its_best_so_far(project: Mlops) -> None:
    run_id = start_endless(project)
    wait_for_children(project, run_id, 3)
    titled(written(project), "ROC", "Leaderboard")
    project("runs", "cancel", run_id)


def test_curves_of_a_small_case_worked_by_hand(tmp_path: Path) -> None:
    import numpy as np

    y = np.array([0, 0, 1, 1])
    positive = np.array([0.1, 0.6, 0.4, 0.9])
    answers = np.stack([1 - positive, positive], axis=1)
    assert curves.confusion(y, answers) == [[1, 1], [1, 1]]
    (roc,) = curves.roc(y, answers, ["no", "yes"])
    assert roc.name == "yes"
    assert roc.points == [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]
    (pr,) = curves.precision_recall(y, answers, ["no", "yes"])
    assert pr.points == [(0.0, 1.0), (0.5, 1.0), (0.5, 0.5), (1.0, pytest.approx(2 / 3)), (1.0, 0.5)]
    (calibration,) = curves.calibration(y, answers, ["no", "yes"])
    assert calibration.points == [(0.1, 0.0), (0.4, 1.0), (0.6, 0.0), (0.9, 1.0)]
    bars = curves.residuals(np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.0, 2.5]))
    assert sum(count for *_, count in bars) >= 1
    assert curves.pairs(np.array([1.0, 2.0]), np.array([3.0, 4.0])) in ([(1, 3), (2, 4)], [(2, 4), (1, 3)])
