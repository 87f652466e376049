"""Every backend fails alike: the exit code, the code of the error, a message and what to do next."""

from typing import Any

import pytest

from tests.conftest import Result
from tests.contract.story import FAILURES, Story


@pytest.fixture(scope="session")
def failed(story: Story) -> dict[str, Result]:
    """What each line of FAILURES said; they run in one process after the story."""
    results = story.commands.run(*(f"{line} -o json" for line in FAILURES))
    return dict(zip(FAILURES, results, strict=True))


@pytest.mark.parametrize("line", FAILURES)
def test_a_failure_has_its_code_and_its_hint(failed: dict[str, Result], line: str) -> None:
    code, name = FAILURES[line]
    result = failed[line]
    assert result.code == code, f"{result.code}\n{result.stdout}\n{result.stderr}"
    error: dict[str, Any] = result.json()["error"]
    assert (error["code"], error["exit_code"]) == (name, code)
    assert error["message"]
    assert "Traceback" not in error["message"]


def test_a_script_that_breaks_is_shown_at_its_line(failed: dict[str, Result], story: Story) -> None:
    error = failed["deploy bad-init --entry-script broken.py"].json()["error"]
    assert "no weights" in error["message"]
    own = f"{story.commands.project / 'broken.py'}:7 in open_model: raise KeyError"
    assert any(own in line for line in error["details"]), error["details"]


def test_what_is_missing_is_named_with_what_there_is(failed: dict[str, Result], story: Story) -> None:
    for line in ("data show nothing", "models show nothing"):
        assert story.name in failed[line].json()["error"]["message"]


def test_data_that_cannot_be_trained_on_is_told_as_the_users_matter(story: Story) -> None:
    failed = story.said[f"train --data {story.name}-const"]
    assert failed.code == 2
    assert "one value only" in failed.json()["error"]["message"]


def test_validation_data_without_the_columns_is_told_as_the_users_matter(story: Story) -> None:
    failed = story.said[story.judged_by("const")]
    assert failed.code == 2
    assert "the validation data has no column" in failed.json()["error"]["message"]


def test_a_way_of_signing_in_that_is_not_set_up_is_refused(story: Story) -> None:
    failed = story.said["auth login --method token"]
    expected = {"local": (2, "UsageError"), "azure": (6, "SignIn")}
    assert (failed.code, failed.json()["error"]["code"]) == expected[story.commands.profile]
    assert failed.json()["error"]["hint"]


def test_rows_that_do_not_fit_the_model_are_refused(story: Story) -> None:
    failed = story.said[f"score {story.name} --data bad.json"]
    assert (failed.code, failed.json()["error"]["code"]) == (2, "UsageError")
    assert "no_such_column" in failed.stdout


def test_a_service_with_keys_has_no_tokens(story: Story) -> None:
    failed = story.said[f"endpoints token {story.name}"]
    assert (failed.code, failed.json()["error"]["code"]) == (2, "UsageError")
    assert f" endpoints keys {story.name}" in failed.json()["error"]["hint"]


def test_a_missed_gate_has_an_exit_code_of_its_own(story: Story) -> None:
    missed = story.said[f"bench {story.name} -n 5 -c 1 --warmup 0 --gate p50<0.001ms"]
    assert missed.code == 8
    assert [gate["passed"] for gate in missed.json()["gates"]] == [False]
