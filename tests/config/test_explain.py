"""`explain`, `show` and the JSON Schema say what the model says."""

from pathlib import Path

import msgspec
import pytest

from mlops_cli.config.descriptions import DESCRIPTIONS, STEPS
from mlops_cli.config.explain import Explanation, Setting, explain
from mlops_cli.config.kinds import fields, keys, lookup, step_keys
from mlops_cli.config.schema import json_schema, schema_text
from mlops_cli.config.show import show
from mlops_cli.domain.pipelines import AutoMLStep, BatchStep, Environment, ScriptStep
from mlops_cli.errors import ConfigError
from tests.config.conftest import Project

SCHEMA = Path(__file__).resolve().parents[2] / "configs" / "profile.schema.json"


def test_a_value_with_all_that_it_overrides(project: Project) -> None:
    project.write("base.yaml", "train: {timeout_minutes: 1}")
    project.write("local.yaml", "extends: base\ntrain: {experiment_timeout_minutes: 2}")
    project.environ = {"MLOPS_TRAIN_TIMEOUT_MINUTES": "3"}
    assert explain(project.load("train.timeout_minutes=4"), "train.timeout_minutes") == Explanation(
        key="train.experiment_timeout_minutes",
        value=4,
        source="--set train.timeout_minutes",
        description="Minutes for the whole search; 15 at least on Azure.",
        expects="a number above 0",
        default=1,
        overrides=[
            Setting(3, "MLOPS_TRAIN_TIMEOUT_MINUTES"),
            Setting(2, "configs/local.yaml:2:37"),
            Setting(1, "configs/base.yaml:1:26"),
        ],
        variable="MLOPS_TRAIN_EXPERIMENT_TIMEOUT_MINUTES",
    )


def test_a_value_without_its_variable(project: Project) -> None:
    project.write("local.yaml", "workspace: {name: ${WS}}")
    found = explain(project.load(), "workspace.name")
    assert (found.value, found.source) == ("${WS}", "configs/local.yaml:1:19")


def test_a_section_lists_its_keys(project: Project) -> None:
    found = explain(project.load(), "model")
    assert (found.keys, found.variable, found.expects) == (["name", "tags"], None, "a mapping")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("train.tsk", "unknown key 'train.tsk', did you mean 'task'?"),
        ("label", "unknown key 'label', did you mean 'data.label'?"),
        ("model.x.y", "unknown key 'model.x.y'; valid keys: extends, backend, experiment, workspace, auth, "
         "data, compute, train, model, deploy, bench, pipeline"),
    ],
)  # fmt: skip
def test_an_unknown_key(key: str, message: str, project: Project) -> None:
    with pytest.raises(ConfigError) as caught:
        explain(project.load(), key)
    assert caught.value.message == message


def test_show_fills_in_defaults_and_leaves_secrets_out(project: Project) -> None:
    project.environ = {"MY_TOKEN": "hush-1", "NAME": "bank"}
    project.write(
        "local.yaml",
        """\
        data: {name: ${NAME}, label: no, path: "https://me:hush-2@host/x.csv?sp=r&sig=hush-3&v=1"}
        model: {tags: {a: "x-${MY_TOKEN}", api_key: hush-4}}
        pipeline: {steps: [{name: s, type: script, script: s.py, environment: {variables: {PASSWORD: hush-5}}}]}
        """,
    )
    shown = show(project.load("compute.name=c"))
    assert "hush" not in str(shown)
    assert shown["data"] == {
        "name": "bank",
        "path": "https://me:***@host/x.csv?sp=r&sig=***&v=1",
        "label": "no",
    }
    assert shown["model"] == {"tags": {"a": "${MY_TOKEN}", "api_key": "***"}}
    (step,) = shown["pipeline"]["steps"]
    assert step["environment"] == {"variables": {"PASSWORD": "***"}}
    assert (step["name"], step["type"]) == ("s", "script")
    assert shown["bench"] == {"requests": 1000, "concurrency": 4, "warmup_requests": 50}


def test_every_key_has_a_description_and_no_other() -> None:
    sections = {name for name in DESCRIPTIONS if (spec := lookup(name)) and fields(spec.type)}
    assert set(DESCRIPTIONS) == {*keys(), *sections, "extends"}
    assert all(len(text) <= 76 for text in DESCRIPTIONS.values())


def test_every_key_of_a_step_has_a_description_and_no_other() -> None:
    kinds = (AutoMLStep, BatchStep, ScriptStep)
    assert set(STEPS) == {"type"}.union(*map(step_keys, kinds))
    definitions = json_schema()["$defs"]
    for kind in (*kinds, Environment):
        properties = definitions[kind.__name__]["properties"]
        assert {name for name, value in properties.items() if not value.get("description")} <= {"environment"}


def test_the_schema_in_configs_is_the_generated_one() -> None:
    assert SCHEMA.read_text() == schema_text(), (
        "write it anew: mlops config schema > configs/profile.schema.json"
    )


def test_the_schema_knows_short_names_and_variables() -> None:
    train = json_schema()["$defs"]["TrainSettings"]
    assert train["additionalProperties"] is False
    assert train["properties"]["timeout_minutes"] == {
        "description": "Short for train.experiment_timeout_minutes.",
        "default": 1,
        "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": "\\$\\{"}],
    }
    assert msgspec.json.decode(schema_text()) == json_schema()
