"""Kusto queries over recorded requests."""

import datetime

import pytest

from mlops_cli.emulator.azure.insights.queries import answer
from mlops_cli.emulator.errors import ApiError

NOW = datetime.datetime.now(datetime.UTC)
COLUMNS = ["timestamp", "name", "success", "resultCode", "duration", "customDimensions"]
ROWS = [
    {
        "timestamp": NOW - datetime.timedelta(minutes=age),
        "name": "POST /score",
        "success": str(code < 400),
        "resultCode": str(code),
        "duration": float(age),
        "customDimensions": {"Service Name": "bank" if age < 4 else "other"},
    }
    for age, code in ((1, 200), (2, 500), (3, 200), (4, 401), (90, 200))
]


def rows(text):
    return answer(text, {"requests": lambda: (COLUMNS, ROWS)})["tables"][0]["rows"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("requests | count", [[5]]),
        ("requests | where timestamp > ago(1h) | count", [[4]]),
        ("requests | where success == false | summarize n = count()", [[2]]),
        ("requests | where resultCode >= 400 and not(name has 'swagger') | count", [[2]]),
        ('requests | where customDimensions["Service Name"] == "bank" | summarize avg(duration)', [[2.0]]),
        ("requests | summarize count() by success | order by count_ asc", [["False", 2], ["True", 3]]),
        ("requests | summarize percentile(duration, 50), max(duration), dcount(resultCode)", [[3.0, 90.0, 3]]),
        ("requests | extend slow = duration > 3 | where slow | project resultCode, d = duration * 2",
         [["401", 8.0], ["200", 180.0]]),
        ("requests | top 2 by duration desc | project duration", [[90.0], [4.0]]),
        ("requests | where resultCode in ('500', '401') | distinct resultCode | order by resultCode",
         [["500"], ["401"]]),
        ("requests | where duration < 0 | summarize total = sum(itemCount)", [[0]]),
        ("requests | summarize n=count() by bin(timestamp, 1d) | summarize total = sum(n)", [[5]]),
        ("// a comment\nrequests\n| where timestamp between_ | count", None),
        ("requests | take 1 | project toint(resultCode)", [[200]]),
    ],
)  # fmt: skip
def test_queries(query, expected):
    if expected is None:
        with pytest.raises(ApiError):
            rows(query)
    else:
        assert rows(query) == expected


def test_columns_have_types():
    (table,) = answer("requests | take 1", {"requests": lambda: (COLUMNS, ROWS)})["tables"]
    assert {column["name"]: column["type"] for column in table["columns"]} == {
        "timestamp": "datetime", "name": "string", "success": "string", "resultCode": "string",
        "duration": "real", "customDimensions": "dynamic",
    }  # fmt: skip
    assert table["rows"][0][0].endswith("Z")


def test_time_written_without_quotes():
    start = (NOW - datetime.timedelta(minutes=2.5)).isoformat()
    assert rows(f"requests | where timestamp >= datetime({start}) | count") == [[2]]


@pytest.mark.parametrize(
    "query",
    [
        "pageViews",
        "requests | where nope == 1",
        "requests | render timechart",
        "requests | where f(1)",
        "requests ~",
    ],
)
def test_what_cannot_be_read_is_refused(query):
    with pytest.raises(ApiError):
        rows(query)
