"""What is written: ab's fields, CSV, JUnit, HTML, GitHub, saved results."""

import csv
import io
import re
import subprocess
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mlops_cli.bench import hdr
from mlops_cli.bench.compare import compare
from mlops_cli.bench.gates import judge
from mlops_cli.bench.plan import Load
from mlops_cli.bench.recording import Recording
from mlops_cli.bench.report import files, github, page, text
from mlops_cli.bench.result import Result, load, save
from mlops_cli.bench.session import Session
from mlops_cli.domain.gates import parse_all
from mlops_cli.errors import StateError, UsageError
from mlops_cli.writing import append_text
from tests.bench.conftest import Opener
from tests.bench.server import Server, http, predictions

AB_FIELDS = [
    "Server Software", "Server Hostname", "Server Port", "Document Path", "Document Length", "Concurrency Level",
    "Time taken for tests", "Complete requests", "Failed requests", "Non-2xx responses", "Keep-Alive requests",
    "Total transferred", "Total body sent", "HTML transferred", "Requests per second", "Time per request",
    "Time per request", "Transfer rate", "Connect", "Processing", "Waiting", "Total",
]  # fmt: skip
"""As `ab -k -p` prints them."""


def measured(aim_at: Opener) -> tuple[Session, Result]:
    """A run with one <bad> answer in ten, and gates that hold and do not."""

    def answering(body: bytes, number: int) -> object:
        return [http(b"<bad> & %0A ::", "500 Oh")] if number % 10 == 4 else predictions(body, number)

    with Server(answering) as server:  # type: ignore[arg-type]
        session = aim_at(server, concurrency=2)
        result = session.measure(Load(requests=200))
    result.gates = judge(parse_all(["p95<10s", "errors<1%"]), result)
    return session, result


@pytest.fixture
def result(aim_at: Opener) -> Result:
    return measured(aim_at)[1]


def test_the_text_has_abs_fields_in_abs_order(result: Result) -> None:
    lines = text.lines(result)
    names = [match[1] for line in lines if (match := re.match(r"([A-Z][\w -]+):", line))]
    known = [name for name in names if name in AB_FIELDS]
    assert known == AB_FIELDS
    values = dict(line.split(":", 1) for line in lines if ":" in line)
    assert values["Failed requests"].strip() == values["Non-2xx responses"].strip() == "20"
    assert "   (Connect: 0, Receive: 0, Length: 20, Exceptions: 0)" in lines
    assert float(values["Requests per second"].split()[0]) == pytest.approx(
        result.requests_per_second, abs=0.01
    )
    percent = [line.split()[0] for line in lines if re.match(r" +[\d.]+% ", line)]
    assert percent == ["50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%", "100%"]
    assert max(map(len, lines)) <= 80


def test_ab_itself_prints_the_same_fields(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b'{"data": [1]}')
    with Server(lambda *_: [http(b"[1]", "200 OK", "Connection: keep-alive")]) as server:
        command = ["ab", "-s", "5", "-k", "-n", "10", "-c", "2", "-p", str(tmp_path / "body"), server.url]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        except FileNotFoundError:
            pytest.skip("ab is not installed")
    names = re.findall(r"^([A-Z][\w -]+):", done.stdout, re.M)
    theirs = [name for name in names if name in AB_FIELDS]
    assert theirs == [name for name in AB_FIELDS if name != "Non-2xx responses"]


def test_gates_are_shown_with_their_value(result: Result) -> None:
    lines = text.lines(result)
    assert "  MISSED  errors<1%            10 %" in lines
    assert any(re.fullmatch(r"  passed  p95<10s +[\d.]+ ms", line) for line in lines)


def test_csv_adds_up(result: Result) -> None:
    rows = list(csv.DictReader(io.StringIO(files.as_csv(result))))
    assert sum(int(row["requests"]) for row in rows) == 200
    assert sum(int(row["failures"]) for row in rows) == 20
    assert [float(row["start_seconds"]) for row in rows] == sorted(
        float(row["start_seconds"]) for row in rows
    )


def test_junit_has_a_case_per_gate(result: Result) -> None:
    root = ET.fromstring(files.as_junit(result))
    suite = root.find("testsuite")
    assert suite is not None
    cases = {case.get("name"): case.find("failure") for case in suite.iter("testcase")}
    assert set(cases) == {"answers", "p95<10s", "errors<1%"}
    assert cases["p95<10s"] is None
    assert cases["errors<1%"] is not None
    assert "10" in str(cases["errors<1%"].get("message"))
    assert suite.get("tests") == str(len(cases))
    assert suite.get("failures") == str(sum(failure is not None for failure in cases.values()))
    datetime.fromisoformat(str(suite.get("timestamp")))


def test_junit_without_gates_fails_on_wrong_answers(result: Result) -> None:
    result.gates = []
    result.failure_details = {"status 500: \x00\x1b[0m": 20}
    root = ET.fromstring(files.as_junit(result))
    (failure,) = root.iter("failure")
    assert failure.get("message") == "20 of 200 requests failed"


class Links(HTMLParser):
    """All tags, and all that a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "data")]


def test_the_page_is_one_file_that_fetches_nothing(result: Result) -> None:
    html = page.as_html(result, compare(result, result), ["rate was 200 <then>"])
    parser = Links()
    parser.feed(html)
    assert parser.links == []
    assert parser.tags.count("svg") == 4
    assert not {"script", "link", "img", "iframe"} & set(parser.tags)
    assert "url(" not in html
    assert "@import" not in html
    assert "prefers-color-scheme: dark" in html
    assert "&lt;bad&gt;" in html
    assert "<bad>" not in html
    assert "Against the earlier result" in html
    assert "rate was 200 &lt;then&gt;" in html
    assert "$" not in html


def test_the_page_of_a_run_without_answers(aim_at: Opener) -> None:
    with Server() as server:
        session = aim_at(server)
    html = page.as_html(session.measure(Load(requests=3)))
    assert "Connection refused" in html
    assert page.as_html(session.result(Load(), Recording(ended=1.0)))


def test_github_is_told_what_was_missed(result: Result) -> None:
    result.name = "a%b\n::c"
    (line,) = github.annotations(result)
    assert line == "::error title=mlops bench a%25b%0A: :c::errors<1%25 is missed: 10 %25"
    assert "| `errors<1%` | 10 % | **missed** |" in github.step_summary(result)


def test_a_saved_result_is_read_as_it_was(result: Result, tmp_path: Path) -> None:
    save(result, tmp_path / "a.json")
    assert load(tmp_path / "a.json") == result
    assert list(tmp_path.iterdir()) == [tmp_path / "a.json"]


@pytest.mark.parametrize("content", [b"{}", b"nonsense", b'{"format": 99}'])
def test_what_is_no_saved_result(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UsageError, match="is no saved result"):
        load(tmp_path / "a.json")
    with pytest.raises(UsageError, match="cannot read"):
        load(tmp_path / "b.json")


def test_where_nothing_can_be_written(result: Result, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StateError, match="cannot write"):
        save(result, tmp_path / "file" / "a.json")
    with pytest.raises(StateError, match="cannot write"):
        append_text(tmp_path / "none" / "a.md", "x")


def test_an_hdr_log_has_a_line_per_second_and_every_answer(aim_at: Opener, tmp_path: Path) -> None:
    from tests.bench.test_statistics import decoded

    session, result = measured(aim_at)
    hdr.write_log(session.recording, result, tmp_path / "a.hlog")
    lines = (tmp_path / "a.hlog").read_text().splitlines()
    assert lines[0] == "#[Histogram log format version 1.3]"
    assert lines[2] == '"StartTimestamp","Interval_Length","Interval_Max","HdrHistogram"'
    cells = [line.split(",") for line in lines[3:]]
    assert sum(sum(decoded(cell[3]).values()) for cell in cells) == 200
    assert max(float(cell[2]) for cell in cells) == pytest.approx(result.latency_ms.max, abs=0.001)
