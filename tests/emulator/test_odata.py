"""Filters and orders of run history."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_cli.emulator.errors import ApiError
from mlops_cli.emulator.odata import ordered, parse_filter

RUN = {
    "runId": "AutoML_1_0", "status": "Completed", "parentRunId": None, "rootRunId": "AutoML_1", "runType": "automl",
    "createdUtc": "2026-11-20T10:00:00.5+00:00", "tags": {"a": "b", "only": None, "with space": "x y"},
    "properties": {"azureml.runsource": "automl", "runTemplate": "automl_child"},
    "runTypeV2": {"orchestrator": "Execution", "traits": ["automl"]},
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        None, "", "RunId eq AutoML_1_0", "(Status eq Completed)", "(ParentRunId eq null)",
        'Tags/a eq "b"', "Tags/a eq b",
        "(RunId eq x or RunId eq AutoML_1_0)", "(RootRunId eq AutoML_1 and RunId ne AutoML_1)",
        '(Properties/runTemplate eq "automl_child")', "(Tags/only ne null or Tags/only eq null)",
        "(RunType eq azureml.x or Properties/azureml.runsource eq automl)", "CreatedUtc ge 2026-11-20 09:00:00+00:00",
        "(RunTypeV2/Orchestrator eq Execution)",
        "(RunTypeV2/Traits/automl ne null) or (RunTypeV2/Traits/automl eq null)",
        'Tags/with space eq "x y"', "Status ne Failed and (Tags/a eq b and (Tags/a ne c))",
    ],
)  # fmt: skip
def test_filter_accepts(text):
    assert parse_filter(text)(RUN)


@pytest.mark.parametrize(
    "text",
    [
        "RunId eq other", "(Tags/none ne null or Tags/none eq null)", "Tags/none eq null", "CreatedUtc gt 2026-11-21",
        "Status eq Completed and RunId eq x", '(Properties/runTemplate eq "x")', "ParentRunId ne null",
    ],
)  # fmt: skip
def test_filter_refuses(text):
    assert not parse_filter(text)(RUN)


@pytest.mark.parametrize("text", ["RunId", "(RunId eq a", "RunId eq a)", "eq a", "and"])
def test_what_is_no_filter_is_a_400(text):
    with pytest.raises(ApiError) as error:
        parse_filter(text)
    assert error.value.status == 400


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_400(text):
    assert _status(text) in (200, 400)


def _status(text: str) -> int:
    try:
        parse_filter(text)(RUN)
    except ApiError as error:
        return error.status
    return 200


def test_order():
    runs = [{"n": "a", "t": "1"}, {"n": "b", "t": None}, {"n": "c", "t": "2"}]
    assert [r["n"] for r in ordered(runs, "T desc")] == ["c", "a", "b"]
    assert [r["n"] for r in ordered(runs, ["T asc"])] == ["b", "a", "c"]
    assert ordered(runs, None) == runs
