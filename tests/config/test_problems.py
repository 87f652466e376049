"""Every mistake is told with its place, its key and the way out; whole texts are compared."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_cli.config.document import read_document, read_value
from mlops_cli.config.layers import flag_layers
from mlops_cli.errors import ConfigError, MlopsError, NotFoundError
from mlops_cli.status import ExitCode
from tests.config.conftest import Project

AT = "configs/local.yaml"

CASES = {
    "typo": ("train:\n  tsk: regression", [f"{AT}:2:3: train.tsk: unknown key, did you mean 'task'?"]),
    "typo of a short name": (
        "train:\n  timeout_minute: 3",
        [f"{AT}:2:3: train.timeout_minute: unknown key, did you mean 'timeout_minutes'?"],
    ),
    "another section": ("label: y", [f"{AT}:1:1: label: unknown key, did you mean 'data.label'?"]),
    "nothing near": (
        "model: {zzz: 1}",
        [f"{AT}:1:9: model.zzz: unknown key; valid keys: name, tags"],
    ),
    "choice": (
        "train: {task: clasification}",
        [
            f"{AT}:1:15: train.task: expects one of classification, forecasting, regression, "
            "got 'clasification', did you mean 'classification'?"
        ],
    ),
    "kind of a column": (
        "train: {featurization: {id: dorp}}",
        [
            f"{AT}:1:29: train.featurization.id: expects one of category, date, drop, number, text, "
            "got 'dorp', did you mean 'drop'?"
        ],
    ),
    "below a bound": (
        "deploy: {workers: 0}",
        [f"{AT}:1:19: deploy.workers: expects a whole number from 1 to 64, got '0'"],
    ),
    "share": (
        "train: {validation_size: 1}",
        [f"{AT}:1:26: train.validation_size: expects a number above 0 below 1, got '1'"],
    ),
    "two things say which rows judge": (
        "train: {validation_data: later, n_cross_validations: 3}",
        [f"{AT}:1:54: train.n_cross_validations: validation_data says already which rows judge"],
    ),
    "a metric without weights": (
        "train: {task: regression, weight_column: w, primary_metric: spearman_correlation}",
        [f"{AT}:1:61: train.primary_metric: spearman_correlation takes no weights"],
    ),
    "forecasts with weights": (
        "train: {task: forecasting, forecasting: {time_column_name: day}, weight_column: w}",
        [f"{AT}:1:81: train.weight_column: forecasts are not weighed"],
    ),
    "series split by columns": (
        "train: {task: forecasting, forecasting: {time_column_name: day}, cv_split_columns: [fold]}",
        [f"{AT}:1:84: train.cv_split_columns: columns cannot split series in time"],
    ),
    "infinite": (
        "train: {timeout_minutes: .inf}",
        [f"{AT}:1:26: train.experiment_timeout_minutes: expects a number above 0, got '.inf'"],
    ),
    "text for a number": (
        "bench:\n  requests: many",
        [f"{AT}:2:13: bench.requests: expects a whole number from 1, got 'many'"],
    ),
    "truth for a number": (
        "bench: {requests: true}",
        [f"{AT}:1:19: bench.requests: expects a whole number from 1, got 'true'"],
    ),
    "number for truth": (
        "deploy: {app_insights: 1}",
        [f"{AT}:1:24: deploy.app_insights: expects true or false, got '1'"],
    ),
    "list for text": ("data: {path: [a]}", [f"{AT}:1:14: data.path: expects text, got a list"]),
    "text for a list": (
        "bench: {gates: p95<250ms}",
        [f"{AT}:1:16: bench.gates: expects a list, each text, got 'p95<250ms'"],
    ),
    "inside a list": (
        "train:\n  blocked_models:\n  - a\n  - {b: c}",
        [f"{AT}:4:5: train.blocked_models[1]: expects text, got a mapping"],
    ),
    "nothing in a list": (
        "bench: {gates: [~, ]}",
        [f"{AT}:1:17: bench.gates[0]: expects text, got '~'"],
    ),
    "a limit that is none": (
        "bench: {gates: [p95<1s, p95=1]}",
        [
            f"{AT}:1:25: bench.gates[1]: 'p95=1' is not a gate; "
            "write p95<250ms, mean<1s, max<2s, errors<0.1%, errors<5 or rps>200"
        ],
    ),
    "a name that no endpoint can have": (
        "deploy: {name: My_Bank}",
        [
            f"{AT}:1:16: deploy.name: 'My_Bank' cannot be the name of an endpoint "
            "(3 to 32 lowercase letters, digits, dashes); try: my-bank"
        ],
    ),
    "section that is none": ("train: 5", [f"{AT}:1:8: train: expects a mapping, got '5'"]),
    "tag": ("data: {tags: {a: [1]}}", [f"{AT}:1:18: data.tags.a: expects text, got a list"]),
    "either of two": (
        "train: {forecasting: {time_column_name: t, target_lags: never}}",
        [
            f"{AT}:1:57: train.forecasting.target_lags: expects auto or a list, each a whole number, got 'never'"
        ],
    ),
    "needed key": (
        "train:\n  forecasting:\n    freq: D",
        [f"{AT}:2:3: train.forecasting: needs the key 'time_column_name'"],
    ),
    "short and full name": (
        "train:\n  timeout_minutes: 1\n  experiment_timeout_minutes: 2",
        [
            f"{AT}:2:3: train.timeout_minutes: the same as train.experiment_timeout_minutes, "
            f"which is given at {AT}:3:31; keep one"
        ],
    ),
    "twice": ("data:\n  name: a\n  name: b", [f"{AT}:3:3: data.name: given twice, first at {AT}:2:3"]),
    "merge key": ("<<: {}", [f"{AT}:1:1: <<: merge keys are not read; write the keys out"]),
    "key of a list": ("? [a]\n: b", [f"{AT}:1:3: a key is text, not a list or a mapping"]),
    "own tag": (
        "data: {name: !secret x}",
        [f"{AT}:1:14: data.name: the tag '!secret' has no meaning here"],
    ),
    "Python tag": (
        "data: !!python/object:os.system {}",
        [f"{AT}:1:7: data: the tag 'tag:yaml.org,2002:python/object:os.system' has no meaning here"],
    ),
    "tag that does not fit": ("bench: {requests: !!int a}", [f"{AT}:1:19: bench.requests: not int: 'a'"]),
    "open reference": (
        "data: {name: 'a${B'}",
        [
            f"{AT}:1:14: data.name: '${{' wants a NAME and a closing brace; "
            "write $${ for the characters themselves"
        ],
    ),
    "secret": (
        "auth:\n  client_secret: hush",
        [f"{AT}:2:3: auth.client_secret: a profile holds no secrets; set AZURE_CLIENT_SECRET instead"],
    ),
    "tab": (
        "data:\n\tname: x",
        [
            f"{AT}:2:1: not YAML: found character that cannot start any token (YAML wants spaces here, no tabs)"
        ],
    ),
    "open bracket": ("data: [", [f"{AT}:2:1: not YAML: did not find expected node content"]),
    "control character": ("é: ü\nlé: a\x01b", [f"{AT}:2:6: not YAML: the control character '\\x01'"]),
    "two documents": ("a: 1\n---\nb: 2", [f"{AT}:2:1: not YAML: a second document"]),
    "no mapping": ("- a", [f"{AT}:1:1: expects a mapping, as in `name: bank`"]),
    "Latin-1": ("data:\n  name: Zürich".encode("latin-1"), [f"{AT}:2:10: byte 0xfc is not UTF-8"]),
    "too large": (b"#" * 1_000_001, [f"{AT}: is larger than 1 MB, which no profile is"]),
    "too deep": ("a: " + "[" * 200_000, [f"{AT}:1:53: nested too deeply for a profile"]),
    "circle of anchors": (
        "data: &a [*a]",
        [f"{AT}:1:7: data{'[0]' * 18}[0: nested too deeply for a profile"],
    ),
    "metric of another task": (
        "train:\n  task: classification\n  primary_metric: r2_score",
        [
            f"{AT}:3:19: train.primary_metric: 'r2_score' is no metric of classification; it has AUC_weighted, "
            "accuracy, norm_macro_recall, average_precision_score_weighted, precision_score_weighted"
        ],
    ),
    "forecast without time": (
        "train: {task: forecasting}",
        [f"{AT}:1:15: train.task: forecasting needs train.forecasting.time_column_name too"],
    ),
    "allowed and blocked": (
        "train: {allowed_models: [LightGBM, SVM], blocked_models: [lightgbm]}",
        [f"{AT}:1:58: train.blocked_models: also in train.allowed_models: LightGBM"],
    ),
    "label dropped": (
        "data: {label: y}\ntrain: {drop_columns: [a, y]}",
        [f"{AT}:2:23: train.drop_columns: 'y' is the label and cannot be dropped"],
    ),
    "nodes": (
        "compute: {min_nodes: 3, max_nodes: 2}",
        [f"{AT}:1:22: compute.min_nodes: 3 is more than compute.max_nodes, 2"],
    ),
    "token on aci": (
        "backend: azureml\ndeploy: {auth: token}",
        [f"{AT}:2:16: deploy.auth: Azure has no token auth on aci; use key, or deploy.target aks"],
    ),
    "steps": (
        "pipeline:\n  steps:\n  - {name: a, type: autml}\n  - {name: a}\n  - {type: script, scrip: x}",
        [
            f"{AT}:3:21: pipeline.steps[0].type: expects one of automl, batch, script, "
            "got 'autml', did you mean 'automl'?",
            f"{AT}:4:5: pipeline.steps[1]: needs the key 'type'",
            f"{AT}:5:5: pipeline.steps[2]: needs the key 'script'",
            f"{AT}:5:5: pipeline.steps[2]: needs the key 'name'",
            f"{AT}:5:20: pipeline.steps[2].scrip: unknown key, did you mean 'script'?",
        ],
    ),
    "a graph": (
        "pipeline:\n  steps:\n  - {name: a, type: script, script: a.py, inputs: {x: b.y}}\n"
        "  - {name: b, type: script, script: b.py, outputs: [y], after: [a]}",
        [f"{AT}:3:5: pipeline.steps[0]: the steps wait for each other: a -> b -> a"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_text_of(name: str, problems_of: Callable[[str | bytes], list[str]]) -> None:
    text, expected = CASES[name]
    assert problems_of(text) == expected


def test_all_problems_are_told_at_once_in_the_order_of_the_file(project: Project) -> None:
    project.write("base.yaml", "bench: {requests: no}\n")
    project.write(
        "local.yaml",
        """\
        extends: base.yaml
        deploy: {target: akss}
        compute: {min_nodes: 9}
        data: {nam: x}
        train: {task: forcasting, primary_metric: r2_score}
        """,
    )
    assert project.problems("train.seed=x") == [
        "--set train.seed: expects a whole number, got 'x'",
        "configs/base.yaml:1:19: bench.requests: expects a whole number from 1, got 'no'",
        "configs/local.yaml:2:18: deploy.target: expects one of aci, aks, docker, kubernetes, got 'akss', "
        "did you mean 'aks'?",
        "configs/local.yaml:3:22: compute.min_nodes: 9 is more than compute.max_nodes, 6",
        "configs/local.yaml:4:8: data.nam: unknown key, did you mean 'name'?",
        "configs/local.yaml:5:15: train.task: expects one of classification, forecasting, regression, "
        "got 'forcasting', did you mean 'forecasting'?",
    ]


def test_error_is_a_usage_error_with_the_next_command(project: Project) -> None:
    project.write("local.yaml", "data: 1")
    with pytest.raises(ConfigError) as caught:
        project.load()
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.hint == "correct it, then: mlops config validate"


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~", "\ufeff"])
def test_a_file_without_values_is_the_defaults(text: str, project: Project) -> None:
    project.write("local.yaml", text)
    assert project.load().profile.train.task == "classification"


def test_secret_values_stay_out_of_messages(project: Project) -> None:
    project.environ = {"MY_TOKEN": "hush-1"}
    project.write("local.yaml", "auth: {password: hush-2}\nbench: {requests: '${MY_TOKEN}'}")
    problems = project.problems("auth.client_secret=hush-3")
    assert problems == [
        "--set auth.client_secret: a profile holds no secrets; set AZURE_CLIENT_SECRET instead",
        "configs/local.yaml:1:8: auth.password: a profile holds no secrets; set AZURE_PASSWORD instead",
        "configs/local.yaml:2:19: bench.requests: expects a whole number from 1, got ${MY_TOKEN}",
    ]


def test_a_secret_as_parent_stays_out_of_messages(project: Project) -> None:
    project.environ = {"MY_TOKEN": "hush"}
    path = project.write("local.yaml", "extends: ${MY_TOKEN}")
    assert project.problems() == [
        f"configs/local.yaml:1:10: extends: no profile ${{MY_TOKEN}} in {path.parent}"
    ]


def test_a_laugh_of_anchors_ends(problems_of: Callable[[str | bytes], list[str]]) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 30))]
    (problem,) = problems_of("\n".join(lines))
    assert problem.endswith("more than 10,000 values for a profile")


def test_circle_of_parents(project: Project) -> None:
    project.write("local.yaml", "extends: a.yaml")
    project.write("a.yaml", "# first line\nextends: b")
    project.write("b.yaml", "extends: a.yaml")
    assert project.problems() == [
        "configs/b.yaml:1:10: extends: goes in a circle: a.yaml -> b.yaml -> a.yaml"
    ]


def test_parent_that_is_missing(project: Project) -> None:
    path = project.write("local.yaml", "extends: bse.yaml")
    assert project.problems() == [f"configs/local.yaml:1:10: extends: no profile 'bse.yaml' in {path.parent}"]


def test_parent_from_a_variable_that_is_not_set(project: Project) -> None:
    project.write("local.yaml", "extends: ${PARENT}")
    assert project.problems() == ["configs/local.yaml:1:10: extends: the variable PARENT is not set"]


def test_profile_that_does_not_exist(project: Project) -> None:
    project.write("azure.yaml", "")
    project.write("local.yaml", "")
    with pytest.raises(NotFoundError) as caught:
        project.load(name="azur")
    assert caught.value.message == "no profile 'azur'; there are: azure, local"
    assert caught.value.hint == "mlops --profile azure ..."


@pytest.mark.parametrize(
    "name", ["a" * 300, f"{'a' * 300}/x.yaml", "~nobody-of-that-name/x.yaml", "a\x00b.yaml"]
)
def test_impossible_names(name: str, project: Project) -> None:
    with pytest.raises(NotFoundError) as caught:
        project.load(name=name)
    assert caught.value.message == f"no profile '{name}'; there is no configs folder here or above"
    assert caught.value.hint == "mlops init writes one"


def test_profile_that_is_a_folder(project: Project) -> None:
    project.write("local.yaml", "")
    assert project.problems(name="configs/") == ["configs: cannot be read: Is a directory"]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("train.task", "--set train.task: expects KEY=VALUE, as in --set train.task=regression"),
        ("=x", "--set : expects KEY=VALUE, as in --set train.task=regression"),
        ("train..task=x", "--set train..task: expects KEY=VALUE, as in --set train.task=regression"),
        ("extends=x", "--set extends: extends stands in a file; choose one with --profile"),
        ("train.tsk=x", "--set train.tsk: unknown key, did you mean 'task'?"),
        ("backend.x=1", "--set backend.x: backend: expects one of azureml, local, got a mapping"),
        ("bench.gates=[1", "--set bench.gates: expects a list, each text, got '[1'"),
    ],
)
def test_flags(override: str, expected: str, project: Project) -> None:
    assert project.problems(override) == [expected]


def test_variables_of_ours(project: Project) -> None:
    project.environ = {"MLOPS_TRAIN_TASK": "guess", "MLOPS_BACKEND": "azure"}
    assert project.problems() == [
        "MLOPS_BACKEND: backend: expects one of azureml, local, got 'azure', did you mean 'azureml'?",
        "MLOPS_TRAIN_TASK: train.task: expects one of classification, forecasting, regression, got 'guess'",
    ]


YAMLISH = st.text(
    st.sampled_from("abtrain:dkse{}[],-&*!|>'\"%@`#?$~ \t\n\r01.\x00\uf8d0é\U0001f600"), max_size=60
)


@settings(max_examples=300, deadline=None)
@given(YAMLISH | st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree, _ = read_document(text, "x.yaml", {"a": "b"})
    except MlopsError:
        return
    assert isinstance(tree.value, dict)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=40)
    | YAMLISH.map(lambda t: f"train: {t}\nbench: {t}".encode("utf-8", "replace"))
)
def test_any_file_is_a_profile_or_an_error_of_ours(content: bytes, project: Project) -> None:
    project.write("local.yaml", content)
    try:
        loaded = project.load()
    except MlopsError:
        return
    assert loaded.profile.backend in ("local", "azureml")


@given(YAMLISH)
def test_any_value_of_a_flag_is_read(text: str) -> None:
    assert read_value(text, "--set x").where == "--set x"
    layers, problems = flag_layers([f"data.name={text}"])
    assert (len(layers), problems) == (1, [])
