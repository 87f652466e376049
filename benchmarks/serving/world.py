"""The model that all serve, and our own endpoint in a state directory of its own."""

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.serving.process import Address
from benchmarks.training import REAL, SAMPLE
from mlops_cli import paths
from mlops_cli.backends.local.endpoints import LocalEndpoints
from mlops_cli.domain.data import Row
from mlops_cli.domain.deployment import DeployRequest, Phase
from mlops_cli.domain.endpoints import DeploySettings, Endpoint
from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine import models
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.compile import compiling
from mlops_cli.engine.data import reading, registering
from mlops_cli.engine.store import Store

NAME = "bench"
MANY = 2000


class World(NamedTuple):
    """`booster` and `ensemble` are folders of models of the same table; `rows` is the two-row payload,
    `many` are 2,000 rows of the table."""

    home: Path
    store: Store
    booster: Path
    ensemble: Path
    rows: list[Row]
    many: list[Row]

    def compiled(self) -> Path:
        """The compiled model of our endpoint's newest revision."""
        return max(self.service().glob("revisions/*/fast"), key=lambda path: int(path.parent.name))

    def service(self) -> Path:
        return paths.endpoint_dir(self.home, NAME)

    def address(self, endpoint: Endpoint) -> Address:
        body = msgspec.json.encode({"data": self.rows})
        return Address(endpoint.scoring_uri, body, LocalEndpoints(self.store).keys(NAME).primary)

    def deploy(self, workers: int) -> Endpoint:
        """With key authentication, schema check, request log, metrics and data collection on."""
        settings = DeploySettings(
            workers=workers, auth="key", app_insights=True, collect_data=True, cpu_cores=1
        )
        request = DeployRequest(NAME, settings, model=f"{NAME}:1")
        return LocalEndpoints(self.store).deploy(request, _told)[0]

    def current(self) -> Endpoint:
        return self.store.endpoints.get(NAME)

    def close(self) -> None:
        LocalEndpoints(self.store).delete(NAME)
        shutil.rmtree(self.home, ignore_errors=True)


def build() -> World:
    """Train both models: a booster, and a vote of boosters (the real Bank Marketing table when it is there)."""
    source = REAL if REAL.exists() else SAMPLE
    home = Path(tempfile.mkdtemp(prefix="mlops-bench-home-"))
    store = Store(home)
    dataset, _ = registering.register(store, source, NAME, label="y")
    table = reading.read_dataset(home, dataset)
    booster = _train(table, home / "booster", 1, ["LightGBM"])
    ensemble = _train(table, home / "ensemble", 3, ["LightGBM", "XGBoostClassifier"])
    model, _ = models.register(store, booster, NAME, dataset=f"{NAME}:1")
    assert model.model_schema
    many = compiling.true_rows(model.model_schema, compiling.Rows(source))[:MANY]
    print(f"{source.name}, {len(table):,} rows")
    return World(home, store, booster, ensemble, list(model.model_schema.example[:2]), many)


def _train(table: object, folder: Path, trials: int, names: list[str]) -> Path:
    settings = TrainSettings(
        label="y", max_trials=trials, experiment_timeout_minutes=10, allowed_models=names, validation_size=0.2
    )
    result = run_automl(table, settings, folder, on_trial=lambda _: None)  # type: ignore[arg-type]
    assert result.model_folder
    return result.model_folder


def _told(phase: Phase) -> None:
    if phase.name == "compile" and phase.seconds:
        print(f"compile {phase.seconds:.1f} s: {phase.detail}")
