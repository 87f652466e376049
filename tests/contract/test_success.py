"""What the commands promise, on every backend."""

import pytest

from tests.contract.story import ROWS, Story, rows_of, shape


def test_the_sign_in_is_told(story: Story) -> None:
    assert set(story.json("auth status")) == {"method", "identity", "tenant_id", "expires_on", "workspace"}


def test_registering_the_same_data_again_changes_nothing(story: Story) -> None:
    first, again = story.json("data register"), story.json("data register ")
    assert (first["version"], first["changed"], first["rows"]) == (1, True, ROWS)
    assert (again["version"], again["changed"]) == (1, False)
    assert story.name in [dataset["name"] for dataset in story.json("data list")]
    assert story.json(f"data show {story.name}")["content_hash"] == first["content_hash"]
    assert story.json(f"data profile {story.name}")["balance"].keys() == {"yes", "no"}


def test_training_leaves_a_model_of_the_best_trial(story: Story) -> None:
    done = story.json("train")
    assert done["status"] == "Completed"
    assert done["model"] == {"name": story.name, "version": 1}
    assert 0.5 < done["best"]["metrics"]["AUC_weighted"] <= 1
    assert {"accuracy", "log_loss", "f1_score_weighted"} <= done["best"]["metrics"].keys()
    board = story.json(f"runs leaderboard {done['run_id']}")
    assert board[0]["run_id"] == done["best"]["run_id"]
    scores = [row["metrics"]["AUC_weighted"] for row in board]
    assert scores == sorted(scores, reverse=True)
    assert {"run_id", "iteration", "algorithm", "metrics", "duration_seconds", "status"} <= board[0].keys()


def test_trials_are_judged_by_the_validation_data(story: Story) -> None:
    done = story.json(story.judged_by("judges"))
    assert done["best"]["metrics"]["AUC_weighted"] < 0.3


def test_a_run_can_be_looked_at_and_a_finished_one_stays_finished(story: Story) -> None:
    run = story.json("train")["run_id"]
    assert [found["run_id"] for found in story.json(f"runs list --experiment {story.name}")] == [run]
    assert story.json(f"runs show {run}")["settings"]["label"] == "y"
    assert story.json(f"runs logs {run}")
    assert story.json(f"runs cancel {run}")["status"] == "Completed"


def test_registering_the_same_model_again_changes_nothing(story: Story) -> None:
    run = story.json("train")["run_id"]
    again = story.json(f"models register {run} --name {story.name}")
    assert (again["version"], again["changed"]) == (1, False)
    model = story.json(f"models show {story.name}")
    assert (model["run_id"], model["dataset"]) == (run, f"{story.name}:1")
    assert len(model["model_schema"]["inputs"]) == 20
    assert model["model_schema"]["classes"] == ["no", "yes"]
    folder = story.json(f"models register data --name {story.name}-folder")
    assert (folder["version"], folder["changed"]) == (1, True)
    assert any((story.commands.project / "got").rglob("model.pkl"))


def test_a_model_is_explained_as_a_whole_and_row_by_row(story: Story) -> None:
    found = story.json(f"models explain {story.name}")
    columns = (story.commands.project / "data" / "bank.csv").read_text().splitlines()[0].split(",")
    assert found["rows"] == []
    assert set(found["importances"]) <= set(columns) - {"y"}
    assert sum(found["importances"].values()) == pytest.approx(1)
    shares = list(found["importances"].values())
    assert shares == sorted(shares, reverse=True)
    rows = story.json(f"models explain {story.name} --data two.csv")["rows"]
    assert len(rows) == 2
    for row in rows:
        assert row["output"] == "probability of yes"
        assert row["base"] + sum(row["contributions"].values()) == pytest.approx(row["value"])


def test_a_run_has_a_page_with_what_its_answers_rest_on(story: Story) -> None:
    run = story.json("train")["run_id"]
    assert story.json(f"runs show {run} --html run.html") == {"html": "run.html"}
    page = (story.commands.project / "run.html").read_text()
    assert run in page
    for title in (
        "What the answers rest on",
        "Leaderboard by AUC_weighted",
        "Columns and what became of them",
    ):
        assert title in page


def test_deploying_the_same_again_changes_nothing(story: Story) -> None:
    assert story.json("deploy --dry-run")["action"] == "create"
    first, again = story.json("deploy"), story.json("deploy ")
    assert (first["state"], first["changed"], first["revision"]) == ("Healthy", True, 1)
    assert (again["changed"], again["revision"]) == (False, 1)
    assert first["model"] == {"name": story.name, "version": 1}
    assert story.json("deploy --dry-run ")["action"] == "unchanged"
    assert story.name in [endpoint["name"] for endpoint in story.json("endpoints list")]


def test_one_key_can_be_replaced_while_the_other_stays(story: Story) -> None:
    before = story.json(f"endpoints keys {story.name}")
    after = story.json(f"endpoints keys {story.name} --regenerate primary")
    assert after["primary"] != before["primary"]
    assert after["secondary"] == before["secondary"]


def test_rows_are_scored_from_json_and_from_a_table(story: Story) -> None:
    answer = story.json(f"score {story.name} --data rows.json")
    assert set(answer) == {"result"}
    assert set(answer["result"]) <= {"yes", "no"}
    rows = rows_of(story.commands.project / "data" / "bank.csv")
    predicted = story.json(f"score {story.name} --data data/bank.csv")["result"]
    right = sum(row["y"] == label for row, label in zip(rows, predicted, strict=True))
    assert right / ROWS > 0.8


def test_the_service_describes_itself_and_answers_its_own_example(story: Story) -> None:
    document = story.json(f"swagger {story.name}")
    assert document["swagger"] == "2.0"
    columns = document["definitions"]["ServiceInput"]["properties"]["data"]["items"]["properties"]
    assert len(columns) == 20
    assert story.json(f"swagger {story.name} --check")["example_scored"]


def test_the_log_and_the_requests_can_be_read(story: Story) -> None:
    lines = story.json(f"logs {story.name} -n 3")
    assert len(lines) == 3
    assert {"time", "level", "source", "message"} <= lines[0].keys()
    figures = story.json(f"insights {story.name}")
    assert figures["app_insights"]
    assert figures["requests"] >= 3
    assert figures["latency_ms"]["p50"] > 0


def test_a_load_test_measures_and_holds_its_gate(story: Story) -> None:
    found = story.json(f"bench {story.name} -n 20 -c 2 --warmup 2 --gate errors<1%")
    assert (found["requests"], found["failures"]) == (20, 0)
    assert found["requests_per_second"] > 0
    assert {"mean", "p50", "p90", "p95", "p99", "max"} <= found["latency_ms"].keys()
    assert [(gate["gate"], gate["passed"]) for gate in found["gates"]] == [("errors<1%", True)]


def test_settings_change_without_another_deployment(story: Story) -> None:
    changed = story.json(f"endpoints update {story.name} --no-app-insights --tag team=a")
    assert (changed["changed"], changed["app_insights"], changed["tags"]) == (True, False, {"team": "a"})
    assert changed["revision"] == 1


def test_a_script_of_ones_own_is_served(story: Story) -> None:
    deployed = story.json(f"deploy {story.name}-own --entry-script entry.py --sample sample.json")
    assert (deployed["state"], deployed["model"]) == ("Healthy", None)
    answer = story.json(f"score {story.name}-own --data sample.json --no-validate")
    assert answer == {"got": {"a": 1}}


def test_what_is_deleted_is_gone(story: Story) -> None:
    assert story.json(f"endpoints delete {story.name} --yes") == {"name": story.name, "deleted": True}
    assert story.name not in [endpoint["name"] for endpoint in story.json("endpoints list ")]


SAME_SHAPE = (
    "auth status", "data register", "data list", "train", "models list", "deploy --dry-run",
    "deploy", "endpoints list",
)  # fmt: skip


@pytest.mark.parametrize("line", SAME_SHAPE)
def test_both_backends_write_the_same_fields(both: tuple[Story, Story], line: str) -> None:
    local, azure = (_fields(story.json(line)) for story in both)
    assert azure == local


@pytest.mark.parametrize(
    "words", ["data show", "models show", "models explain", "endpoints show", "endpoints keys", "insights"]
)
def test_both_backends_write_the_same_fields_of_a_thing(both: tuple[Story, Story], words: str) -> None:
    local, azure = (_fields(story.json(f"{words} {story.name}")) for story in both)
    assert azure == local


def _fields(document: object) -> object:
    """The names of the fields; of names that people choose (tags, metrics, ...) only that there are some."""
    found = shape(document)
    free = ("tags", "metrics", "parameters", "packages", "statuses", "workspace", "balance", "importances")

    def without(value: object) -> object:
        if isinstance(value, dict):
            return {k: None if k in free or k in OPTIONAL else without(v) for k, v in value.items()}
        return [without(item) for item in value] if isinstance(value, list) else value

    return without(found)


OPTIONAL = ("model_ms", "changes")
