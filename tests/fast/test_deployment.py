"""Deployments on the fast path: compiled and checked, or served as trained and said so; nothing is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_cli.domain.deployment import DeployRequest
from mlops_cli.domain.endpoints import DeploySettings, Endpoint
from mlops_cli.engine import models
from mlops_cli.engine.data import registering
from mlops_cli.engine.model import folder
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.services.deploy import document
from tests.endpoints.world import Load, World, post, until
from tests.fast.models import fitted, shop


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def deploy(world: World, model: FittedModel, dataset: str | None = None, **settings: Any) -> Endpoint:
    made = folder.save(model, world.folder / "trained", folder.Manifest("test"))
    found, _ = models.register(world.store, made, "shop", dataset=dataset)
    request = DeployRequest("demo", DeploySettings(**settings), model=f"shop:{found.version}")
    world.phases.clear()
    return world.endpoints.deploy(request, world.phases.append)[0]


def compile_detail(world: World) -> str:
    (phase,) = [p for p in world.phases if p.name == "compile" and p.seconds is not None]
    return phase.detail


def test_a_model_is_compiled_and_checked_on_the_table_it_was_trained_on(world: World) -> None:
    table = world.folder / "shop.csv"
    shop(80).to_csv(table, index=False)
    registering.register(world.store, table, "shop")
    endpoint = deploy(world, fitted("two", [("LightGBM", {"num_leaves": 7})]), "shop:1")
    assert endpoint.engine == "onnx"
    assert document(endpoint)["engine"] == "onnx"
    bare = compile_detail(world)
    assert bare.startswith("compiled; ")
    assert int(bare.split()[1]) > 80 + 300


def test_a_model_that_cannot_be_compiled_is_served_as_it_is(world: World) -> None:
    model = fitted("two", [("KNN", {"n_neighbors": 3})])
    endpoint = deploy(world, model)
    assert (endpoint.engine, endpoint.engine_reason) == (
        "reference",
        "KNeighborsClassifier has no compiled form",
    )
    assert compile_detail(world) == "not compiled: KNeighborsClassifier has no compiled form"
    key = world.endpoints.keys("demo").primary
    status, body = post(endpoint.port, key, {"data": model.schema.example})
    assert status == 200
    assert body.startswith('{"result": [')
    assert not list(world.service().rglob("model.onnx"))


def test_replacing_a_compiled_model_loses_no_request(world: World) -> None:
    model = fitted("two", [("LightGBM", {"num_leaves": 7})])
    endpoint = deploy(world, model, workers=2)
    key = world.endpoints.keys("demo").primary
    with Load(endpoint.port, key, payload={"data": model.schema.example}) as load:
        deploy(world, fitted("two", [("LogisticRegression", {})]), workers=2)
        seen = sum(load.answers.values())
        until(lambda: sum(load.answers.values()) > seen + 20)
    assert load.lost == []
    assert world.endpoints.get("demo").engine == "onnx"


def test_a_killed_worker_is_replaced_and_what_comes_meanwhile_waits(world: World) -> None:
    model = fitted("two", [("LightGBM", {"num_leaves": 7})])
    endpoint = deploy(world, model)
    key = world.endpoints.keys("demo").primary
    (before,) = world.worker_pids()
    world.kill(before)
    assert post(endpoint.port, key, {"data": model.schema.example})[0] == 200
    assert world.worker_pids() != [before]
