"""`mlops score`, `swagger` and `insights` against a live service."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.toy import SCHEMA, register
from tests.conftest import Mlops, _end_everything
from tests.endpoints.world import until

TABLE = 'y,age,job,rate,note\nno,40,admin.,1.50,first\nyes,20,student,NA,\nno,,x,3,"a, b"\n'


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlops]:
    """One service for all tests here: none of them changes it."""
    world = Mlops(tmp_path_factory.mktemp("toy"))
    register(world)
    world("deploy", "--app-insights")
    yield world
    _end_everything(world)


def write(world: Mlops, name: str, content: str) -> str:
    (world.project / name).write_text(content)
    return name


def test_the_example_is_a_payload_that_scores(deployed: Mlops) -> None:
    example = deployed("score", "--example").stdout
    assert json.loads(example) == {"data": SCHEMA["example"][:2]}
    rows = write(deployed, "rows.json", example)
    assert deployed("score", "--data", rows).stdout == '{"result": ["yes", "no"]}\n'
    assert deployed("score", "--data", rows, "-o", "json").json() == {"result": ["yes", "no"]}


@pytest.mark.parametrize(
    "payload",
    [
        [{"age": 40, "job": "a", "rate": 1}],
        {"data": [{"age": "40", "job": "a", "rate": None}]},
        {"data": [[40, "a", 1]]},
        {"columns": ["rate", "job", "age"], "data": [[1, "a", 40]]},
    ],
)
def test_every_form_of_payload_is_taken(deployed: Mlops, payload: object) -> None:
    rows = write(deployed, "form.json", json.dumps(payload))
    assert deployed("score", "--data", rows, "-o", "json").json() == {"result": ["yes"]}


def test_inputs_and_probabilities_answer_as_azure_does(deployed: Mlops) -> None:
    rows = write(deployed, "in.json", '{"Inputs": {"data": [{"age": 40, "job": "a", "rate": 1}]}}')
    assert deployed("score", "--data", rows).stdout == '{"Results": ["yes"]}\n'
    assert (
        deployed("score", "--data", rows, "--method", "predict_proba").stdout
        == '{"Results": [[0.25, 0.75]]}\n'
    )


def test_a_csv_comes_back_with_its_predictions(deployed: Mlops) -> None:
    done = deployed("score", "--data", write(deployed, "in.csv", TABLE))
    lines = done.stdout.splitlines()
    assert lines[0] == "y,age,job,rate,note,prediction"
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["yes", "no", "no"]
    assert [line.rpartition(",")[0] for line in lines] == TABLE.splitlines()
    assert done.stderr == "kept in the result, not sent: y, note\n"
    answer = deployed("score", "--data", "in.csv", "-o", "json").json()
    assert answer == {"result": ["yes", "no", "no"]}


def test_probabilities_are_columns_named_after_the_classes(deployed: Mlops) -> None:
    name = write(deployed, "in.csv", TABLE.replace("note", "prediction"))
    lines = deployed("score", "--data", name, "--method", "predict_proba").stdout.splitlines()
    assert lines[0] == "y,age,job,rate,prediction,probability_no,probability_yes"
    assert lines[1].endswith(",0.25,0.75")
    assert deployed("score", "--data", name).stdout.splitlines()[0].endswith(",prediction,prediction_2")


def test_semicolons_and_decimal_commas(deployed: Mlops) -> None:
    name = write(deployed, "in.csv", "\ufeffage;job;rate\n31;é;1,5\n")
    assert deployed("score", "--data", name).stdout == "age;job;rate;prediction\n31;é;1,5;yes\n"


def test_many_rows_keep_their_order(deployed: Mlops) -> None:
    ages = [17 + number * 7 % 80 for number in range(2_500)]
    text = "age,job,rate\n" + "".join(f"{age},a,1\n" for age in ages)
    done = deployed("score", "--data", write(deployed, "many.csv", text), "--out", "out.csv", "-o", "json")
    assert done.json() == {"rows": 2500, "columns": ["age", "job", "rate", "prediction"], "out": "out.csv"}
    rows = list(csv.DictReader(io.StringIO((deployed.project / "out.csv").read_text())))
    assert [row["prediction"] for row in rows] == ["yes" if age > 30 else "no" for age in ages]


def test_parquet_in_and_out(deployed: Mlops) -> None:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table(
        {"age": [40, None], "job": ["a", "b"], "rate": [float("nan"), 2.0], "y": [True, False]}
    )
    parquet.write_table(table, deployed.project / "in.parquet")
    deployed("score", "--data", "in.parquet", "--out", "out.parquet")
    read = parquet.read_table(deployed.project / "out.parquet").to_pydict()
    assert read["prediction"] == ["yes", "no"]
    assert (read["age"], read["y"]) == ([40, None], [True, False])


def test_stdin(deployed: Mlops) -> None:
    command = [sys.executable, "-m", "mlops_cli", "score", "--data", "-"]
    for text, expected in ((TABLE, 4), ('{"data": [{"age": 1, "job": "", "rate": 0}]}', 1)):
        done = subprocess.run(
            command,
            cwd=deployed.project,
            input=text,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ,
        )
        assert len(done.stdout.splitlines()) == expected


def test_what_does_not_fit_is_said_before_anything_is_sent(deployed: Mlops) -> None:
    rows = write(deployed, "bad.json", '{"data": [{"age": "old", "jop": "a"}]}')
    refused = deployed("score", "--data", rows, code=2)
    assert "nothing was sent" in refused.stderr
    assert "mlops score toy --example" in refused.stderr
    assert "  row 0: unknown column 'jop', did you mean 'job'?\n" in refused.stderr
    assert "  row 0: column 'age' expects an integer, got 'old'\n" in refused.stderr
    sent = deployed("score", "--data", rows, "--no-validate", code=2)
    assert "toy refused the payload: row 0: unknown column 'jop'" in sent.stderr
    table = deployed("score", "--data", write(deployed, "bad.csv", "age,job\n1,a\nx,b\n"), code=2)
    assert "  row 1: column 'age' expects an integer, got 'x'\n" in table.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '{"data": [', "a.json:1:11: not JSON"),
        ("a.csv", "age,job,rate\n1,a\n", "a.csv:2: 2 fields, the header has 3"),
        ("a.csv", "age,job,rate\n", "a.csv has no rows to score"),
        ("a.bin", "\0\1\2", "a.bin is no text"),
    ],
)
def test_files_that_cannot_be_read(deployed: Mlops, name: str, content: str, message: str) -> None:
    assert message in deployed("score", "--data", write(deployed, name, content), code=2).stderr


def test_what_is_missing(deployed: Mlops) -> None:
    assert "cannot read nothing.csv" in deployed("score", "--data", "nothing.csv", code=4).stderr
    assert "give --data FILE" in deployed("score", code=2).stderr
    assert "no endpoint 'other'" in deployed("score", "other", "--example", code=4).stderr


def test_a_failing_run_is_found_in_the_log_by_its_request_id(deployed: Mlops) -> None:
    rows = write(deployed, "crash.json", '{"data": [{"age": 1, "job": "crash", "rate": 0}]}')
    failed = deployed("score", "--data", rows, code=5)
    assert "ValueError: this job crashes" in failed.stderr
    hint = failed.stderr.splitlines()[-1].removeprefix("Next: mlops ").split()
    assert hint[:3] == ["logs", "toy", "--request-id"]
    assert "this job crashes" in deployed(*hint).stdout


def test_logs_as_text_and_as_json(deployed: Mlops) -> None:
    (line,) = deployed("logs", "--grep", "toy loaded", "-o", "json").json()
    assert (line["level"], line["source"], line["message"]) == ("INFO", "user", "toy loaded")
    text = deployed("logs", "--grep", "toy loaded").stdout
    assert text == f"{line['time'][:23].replace('T', ' ')} INFO    user       toy loaded\n"
    assert deployed("logs", "--since", "1h", "--until", "30m").stdout == ""
    assert "is not a regular expression" in deployed("logs", "--grep", "(", code=2).stderr
    assert "is not a time" in deployed("logs", "--since", "soon", code=2).stderr


def test_following_logs_prints_json_lines(deployed: Mlops) -> None:
    command = [sys.executable, "-u", "-m", "mlops_cli", "logs", "-f", "-n", "1", "-o", "json"]
    with subprocess.Popen(command, cwd=deployed.project, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            json.loads(process.stdout.readline())
            deployed("score", "--data", write(deployed, "x.json", "{}"), "--no-validate", code=2)
            assert json.loads(process.stdout.readline())["source"] == "request"
            process.send_signal(2)
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_swagger(deployed: Mlops) -> None:
    document = deployed("swagger").stdout
    assert json.loads(document)["swagger"] == "2.0"
    assert json.loads(deployed("swagger", "--version", "3", "-o", "json").stdout)["openapi"].startswith("3.0")
    deployed("swagger", "--save", "swagger.json")
    assert json.loads((deployed.project / "swagger.json").read_text()) == json.loads(document)
    assert deployed("swagger", "--check").stdout.startswith("valid, 2 operations; its own example was scored")
    both = deployed("swagger", "--serve", "--check", code=2)
    assert "--serve and --check are two commands" in both.stderr
    checked = deployed("swagger", "--check", "-o", "json").json()
    assert (checked["valid"], checked["example_scored"]) == (True, True)


def test_insights(deployed: Mlops, tmp_path: Path) -> None:
    rows = write(deployed, "one.json", '{"data": [{"age": 1, "job": "a", "rate": 0}]}')
    before = deployed("insights", "-o", "json").json()["requests"]
    deployed("score", "--data", rows)
    found = until(lambda: _more(deployed, before))
    assert found["latency_ms"]["p50"] <= found["latency_ms"]["p99"] <= found["latency_ms"]["max"]
    assert found["minutes"][-1]["requests"] >= 1
    assert "requests (" in deployed("insights").stdout


def _more(world: Mlops, before: int) -> dict[str, object] | None:
    found: dict[str, object] = world("insights", "-o", "json").json()
    return found if int(str(found["requests"])) > before else None
