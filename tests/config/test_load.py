"""Layers, variables and places: what a profile comes to."""

from pathlib import Path

import pytest

from mlops_cli.config import Unset
from mlops_cli.config.model import DataSettings, Profile
from mlops_cli.errors import ConfigError
from tests.config.conftest import Project

REPOSITORY = Path(__file__).resolve().parents[2]


def test_precedence_of_the_five_layers(project: Project) -> None:
    project.write("base.yaml", "train: {seed: 1, max_trials: 1, n_cross_validations: 3}\ndata: {name: base}")
    project.write("local.yaml", "extends: base\ntrain: {seed: 2, max_trials: 2}\ndata: {label: y}")
    project.environ = {"MLOPS_TRAIN_SEED": "3", "MLOPS_TRAIN_MAX_TRIALS": "3"}
    loaded = project.load("train.seed=4")
    train = loaded.profile.train
    assert (train.seed, train.max_trials, train.n_cross_validations, train.task) == (
        4,
        3,
        3,
        "classification",
    )
    assert loaded.profile.data == DataSettings(name="base", label="y")
    assert [
        loaded.provenance(f"train.{k}") for k in ("seed", "max_trials", "n_cross_validations", "task")
    ] == [
        "--set train.seed",
        "MLOPS_TRAIN_MAX_TRIALS",
        "configs/base.yaml:1:54",
        "default",
    ]


def test_short_names_override_full_ones(project: Project) -> None:
    project.write("base.yaml", "train: {experiment_timeout_minutes: 9}")
    project.write("local.yaml", "extends: base.yaml\ntrain: {timeout_minutes: 8}")
    assert project.load().profile.train.experiment_timeout_minutes == 8
    project.environ = {"MLOPS_TRAIN_TIMEOUT_MINUTES": "7"}
    loaded = project.load()
    assert loaded.profile.train.experiment_timeout_minutes == 7
    assert loaded.provenance("train.timeout_minutes") == "MLOPS_TRAIN_TIMEOUT_MINUTES"
    assert project.load("train.experiment_timeout_minutes=6").profile.train.experiment_timeout_minutes == 6


def test_lists_are_replaced_and_mappings_merged(project: Project) -> None:
    project.write("base.yaml", "model: {tags: {a: 1, b: 2}}\ntrain: {blocked_models: [x, y]}")
    project.write("local.yaml", "extends: base\nmodel: {tags: {b: 3}}\ntrain: {blocked_models: [z]}")
    profile = project.load("model.tags.c=4").profile
    assert profile.model.tags == {"a": "1", "b": "3", "c": "4"}
    assert profile.train.blocked_models == ["z"]


def test_featurization_is_a_word_or_says_what_single_columns_are(project: Project) -> None:
    project.write("local.yaml", "train: {featurization: {code: category, id: drop}}")
    assert project.load().profile.train.featurization == {"code": "category", "id": "drop"}
    assert project.load("train.featurization=off").profile.train.featurization == "off"
    given = project.load("train.featurization={age: number}").profile.train.featurization
    assert given == {"code": "category", "id": "drop", "age": "number"}


def test_null_goes_back_to_the_default_and_an_empty_section_changes_nothing(project: Project) -> None:
    project.write("base.yaml", "train: {seed: 5, task: regression}\nbench: {requests: 5}")
    project.write("local.yaml", "extends: base\ntrain:\n  # task: classification\nbench: {requests: null}")
    profile = project.load("train.seed=").profile
    assert (profile.train.task, profile.train.seed, profile.bench.requests) == ("regression", 0, 1000)


@pytest.mark.parametrize(
    ("written", "label"),
    [("no", "no"), ("1.0", "1.0"), ("'y'", "y"), ("2026-01-01", "2026-01-01"), ("~", None), ("01", "01")],
)
def test_text_is_taken_as_written(written: str, label: str | None, project: Project) -> None:
    project.write("local.yaml", f"data: {{label: {written}}}")
    assert project.load().profile.data.label == label


@pytest.mark.parametrize(("written", "minutes"), [("1e-1", 0.1), ("0.5", 0.5), ("3", 3.0)])
def test_numbers(written: str, minutes: float, project: Project) -> None:
    assert (
        project.load(f"train.timeout_minutes={written}").profile.train.experiment_timeout_minutes == minutes
    )


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("@x", "@x"),
        ("a: b", "a: b"),
        ("[a]", "[a]"),
        ("'q'", "q"),
        ("${X}", "${X}"),
        ("#1", "#1"),
        ("a=b", "a=b"),
    ],
)
def test_a_flag_for_text_takes_any_text(value: str, path: str, project: Project) -> None:
    assert project.load(f"data.path={value}").profile.data.path == path


def test_flags_and_variables_take_lists(project: Project) -> None:
    project.environ = {"MLOPS_TRAIN_BLOCKED_MODELS": "[a, b]", "MLOPS_MODEL_TAGS": "{team: x}"}
    profile = project.load("bench.gates=[p95<250ms, errors<1%]").profile
    assert profile.bench.gates == ["p95<250ms", "errors<1%"]
    assert profile.train.blocked_models == ["a", "b"]
    assert profile.model.tags == {"team": "x"}


def test_union_of_list_and_word(project: Project) -> None:
    project.write("local.yaml", "train: {forecasting: {time_column_name: t, target_lags: [1, 7]}}")
    forecasting = project.load().profile.train.forecasting
    assert forecasting is not None
    assert forecasting.target_lags == [1, 7]


def test_variables_in_a_file(project: Project) -> None:
    project.environ = {"NAME": "bank", "CORES": "2", "EMPTY": ""}
    project.write(
        "local.yaml",
        """\
        data: {name: ${NAME}, path: "data/${NAME}-${YEAR:-2026}.csv", label: $${NAME}}
        deploy: {cpu_cores: ${CORES}, entry_script: ${EMPTY:-a, b: [c]}, port: ${PORT:-8080}}
        train: {enable_early_stopping: ${STOP:-false}}
        """,
    )
    profile = project.load().profile
    assert profile.data == DataSettings(name="bank", path="data/bank-2026.csv", label="${NAME}")
    assert (profile.deploy.cpu_cores, profile.deploy.port, profile.deploy.entry_script) == (
        2,
        8080,
        "a, b: [c]",
    )
    assert profile.train.enable_early_stopping is False


def test_a_variable_that_is_not_set_matters_when_its_value_is_needed(project: Project) -> None:
    project.write("local.yaml", "workspace:\n  name: ${WS}\n  resource_group: rg-${WS}\ndata: {name: x}")
    loaded = project.load()
    assert loaded.unset == [
        Unset("WS", "workspace.name", "configs/local.yaml:2:9"),
        Unset("WS", "workspace.resource_group", "configs/local.yaml:3:19"),
    ]
    assert loaded.require("data", "train").data.name == "x"
    with pytest.raises(ConfigError) as caught:
        loaded.require("data", "workspace")
    assert caught.value.message == (
        "configs/local.yaml:2:9: workspace.name: the environment variable WS is not set"
    )
    assert caught.value.details == [
        "configs/local.yaml:3:19: workspace.resource_group: the environment variable WS is not set"
    ]
    assert caught.value.hint == "export WS=..., or --set workspace.name=..."
    assert (
        project.load("workspace={name: a}", "workspace.resource_group=b").require("workspace").workspace.name
    )


def test_a_rule_waits_for_its_variables(project: Project) -> None:
    project.write("local.yaml", "train: {task: ${TASK}, primary_metric: r2_score}")
    assert project.load().unset[0].key == "train.task"
    project.environ = {"TASK": "classification"}
    assert "is no metric of classification" in project.problems()[0]


def test_a_needed_key_from_a_variable(project: Project) -> None:
    project.write("local.yaml", "train: {task: forecasting, forecasting: {time_column_name: ${TIME}}}")
    loaded = project.load()
    assert loaded.profile.train.forecasting is None
    with pytest.raises(ConfigError, match="TIME is not set"):
        loaded.require("train.forecasting.time_column_name")


def test_the_backend_is_always_needed(project: Project) -> None:
    project.write("local.yaml", "backend: ${BACKEND}")
    assert project.problems() == [
        "configs/local.yaml:1:10: backend: the environment variable BACKEND is not set"
    ]


def test_misspelt_variables_are_told_and_others_left_alone(project: Project) -> None:
    project.environ = {
        "MLOPS_TRAIN_PRIMARY_METRC": "accuracy",
        "MLOPS_TRAIN_WAIT": "1",
        "MLOPS_HOME": "state",
        "MLOPS_OUTPUT": "json",
        "MLOPS_TEST_AZURE": "1",
        "MLOPS_TRAIN_SEED": "",
        "TRAIN_SEED": "x",
    }
    assert project.load().warnings == [
        "MLOPS_TRAIN_PRIMARY_METRC is no setting and is not read, did you mean MLOPS_TRAIN_PRIMARY_METRIC?"
    ]


def test_names_and_folders(project: Project) -> None:
    path = project.write("bike.yaml", "data: {name: bike}")
    below = project.folder / "a" / "b"
    below.mkdir(parents=True)
    by_name = project.load(name="bike", cwd=below)
    assert (by_name.path, by_name.root, by_name.home) == (path, project.folder, project.folder / ".mlops")
    assert by_name.file("data/x.csv") == project.folder / "data" / "x.csv"
    assert project.load(name="../../configs/bike.yaml", cwd=below).profile.data.name == "bike"
    assert project.load(cwd=below).profile == Profile()
    project.environ = {"MLOPS_PROFILE": "bike", "MLOPS_HOME": "state"}
    loaded = project.load(cwd=below)
    assert (loaded.profile.data.name, loaded.home) == ("bike", below / "state")


def test_a_profile_outside_of_configs_is_its_own_root(project: Project) -> None:
    (project.folder / "mine").mkdir()
    (project.folder / "mine" / "one.yaml").write_text("data: {name: one}")
    loaded = project.load(name="mine/one.yaml")
    assert (loaded.profile.data.name, loaded.root) == ("one", project.folder / "mine")


def test_names_that_follow_from_the_data(project: Project) -> None:
    profile = project.load("data.name=bank", "data.label=y").profile
    assert (profile.experiment_name(), profile.model_name(), profile.label()) == ("bank", "bank", "y")
    profile = project.load("data.name=a", "experiment=b", "model.name=c", "train.label=d").profile
    assert (profile.experiment_name(), profile.model_name(), profile.label()) == ("b", "c", "d")


@pytest.mark.parametrize("name", ["base", "local", "azure", "bike"])
def test_profiles_of_the_repository_are_valid_without_credentials(name: str, project: Project) -> None:
    loaded = project.load(name=name, cwd=REPOSITORY)
    assert loaded.profile.backend == ("azureml" if name == "azure" else "local")
    assert loaded.path is not None
    assert loaded.path.read_text().startswith("# yaml-language-server: $schema=profile.schema.json\n")
    assert bool(loaded.unset) == (name == "azure")
