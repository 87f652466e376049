"""The form at /ui in a real browser: filled in, sent with mouse and keyboard, read on a phone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.driver import ENTER, TAB, Browser
from tests.serving.harness import Worker, start, write_service

SCRIPT = """
import json

def init():
    pass

def run(rows, method="predict"):
    print("row", json.dumps(rows[0]))
    if method == "predict_proba":
        return json.dumps({"result": [[0.25, 0.75] if (row["age"] or 0) > 30 else [0.9, 0.1] for row in rows]})
    return json.dumps({"result": ["yes" for row in rows]})
"""
QUOTED = """it's "quoted\""""
SCHEMA = {
    "task": "classification",
    "label": "y",
    "inputs": [
        {"name": "age", "type": "integer", "minimum": 17, "maximum": 98, "nullable": False},
        {"name": "job <b>", "type": "string", "categories": ["admin.", "student", QUOTED]},
        {"name": "rate", "type": "number", "minimum": -1.5, "maximum": 2.5000000000000004},
        {"name": "day", "type": "datetime"},
        {"name": "new", "type": "boolean", "nullable": False},
        {"name": "note", "type": "string"},
    ],
    "output_type": "string",
    "classes": ["no", "yes"],
    "example": [
        {"age": 41, "job <b>": "student", "rate": 1.5, "day": "2011-01-02", "new": False, "note": None}
    ],
}
REGRESSION = {
    "task": "regression",
    "label": "cnt",
    "inputs": [{"name": "age", "type": "integer", "nullable": False}],
    "output_type": "number",
    "example": [{"age": 41}],
}
KEY = "first-key"
Open = Callable[..., Worker]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    workers: list[Worker] = []

    def go(script: str = SCRIPT, *, width: int = 1280, dark: bool = False, **spec: Any) -> Worker:
        workers.append(start(write_service(tmp_path / f"service{len(workers)}", script, **spec)))
        browser.look(width=width, dark=dark)
        browser.open(f"http://127.0.0.1:{workers[-1].port}/ui")
        return workers[-1]

    browser.open("about:blank")
    browser.complaints()
    yield go
    browser.open("about:blank")
    for worker in workers:
        worker.close()


def scored_rows(worker: Worker) -> list[Any]:
    messages = [line["message"] for line in worker.log() if line["source"] == "user"]
    return [json.loads(message.removeprefix("row ")) for message in messages if message.startswith("row ")]


def test_the_example_is_filled_in_and_scores_with_probabilities(browser: Browser, show: Open) -> None:
    worker = show(schema=SCHEMA)
    browser.write("#key", KEY)
    browser.click("button=Score")
    assert browser.text(".prediction") == "yes"
    assert browser.text("#result table").split()[4:] == ["yes", "75.0", "%", "no", "25.0", "%"]
    assert scored_rows(worker) == SCHEMA["example"]
    assert browser.complaints() == []
    assert browser.script("return location.pathname") == "/ui"


def test_values_are_sent_as_the_schema_has_them(browser: Browser, show: Open) -> None:
    worker = show(schema=SCHEMA)
    browser.write("#key", KEY)
    browser.script(
        """
        const set = (index, value) => {
          const control = document.getElementById(`field-${index}`);
          control.value = value;
          control.dispatchEvent(new Event("input"));
        };
        set(0, "20"); set(1, "2"); set(2, ""); set(3, "2012-02-29"); set(4, "0"); set(5, "a <i>");
        """
    )
    browser.click("button=Score")
    assert browser.text(".prediction") == "no"
    assert scored_rows(worker) == [
        {"age": 20, "job <b>": QUOTED, "rate": None, "day": "2012-02-29", "new": True, "note": "a <i>"}
    ]
    browser.click("button=Back to the example")
    assert browser.script("return document.getElementById('field-0').value") == "41"


def test_it_works_with_the_keyboard_alone(browser: Browser, show: Open) -> None:
    worker = show(schema=SCHEMA)
    browser.find(".field")
    for key in (TAB, *KEY, TAB, "4", "2", ENTER):
        browser.press(key)
    assert browser.text(".prediction") == "yes"
    assert scored_rows(worker)[0]["age"] == 42
    focused = browser.script("return getComputedStyle(document.activeElement).outlineStyle")
    assert focused == "solid"


def test_every_control_has_a_label(browser: Browser, show: Open) -> None:
    show(schema=SCHEMA)
    browser.find(".field")
    unnamed = browser.script(
        "return [...document.querySelectorAll('input, select, textarea')].filter((c) => !c.labels.length).length"
    )
    assert unnamed == 0
    labels = browser.script("return [...document.querySelectorAll('.field label')].map((l) => l.textContent)")
    assert labels == ["age", "job <b>", "rate", "day", "new", "note"]
    kinds = browser.script(
        "return [...document.querySelectorAll('.field > :nth-child(2)')].map((c) => c.type)"
    )
    assert kinds == ["number", "select-one", "number", "date", "select-one", "text"]


def test_a_value_beyond_training_is_told_and_scored(browser: Browser, show: Open) -> None:
    show(schema=SCHEMA)
    browser.find(".field")
    browser.script(
        "const c = document.getElementById('field-0'); c.value = '120'; c.dispatchEvent(new Event('input'))"
    )
    assert browser.text("#field-0-hint") == "the model was trained on 17 to 98"
    assert browser.text("#field-2-hint") == "-1.5 to 2.5, may be empty"
    browser.write("#key", KEY)
    browser.click("button=Score")
    assert browser.text(".prediction") == "yes"


def test_a_missing_key_is_asked_for(browser: Browser, show: Open) -> None:
    worker = show(schema=SCHEMA)
    browser.click("button=Score")
    assert browser.text(".error h2") == "The key is missing or wrong"
    assert browser.script("return document.activeElement.id") == "key"
    assert scored_rows(worker) == []


def test_an_empty_number_that_is_needed_is_not_sent(browser: Browser, show: Open) -> None:
    worker = show(schema=SCHEMA)
    browser.write("#key", KEY)
    browser.script("document.getElementById('field-0').value = ''")
    browser.click("button=Score")
    assert browser.script("return document.activeElement.id") == "field-0"
    assert scored_rows(worker) == []


def test_an_error_of_the_model_is_shown(browser: Browser, show: Open) -> None:
    show(SCRIPT.replace("print(", "raise ValueError('<b>bad</b>', "), schema=SCHEMA)
    browser.write("#key", KEY)
    browser.click("button=Score")
    assert "<b>bad</b>" in browser.text(".error p")


def test_a_number_is_shown_as_it_is(browser: Browser, show: Open) -> None:
    script = "import json\ndef init(): pass\ndef run(rows): return json.dumps({'result': [12.5]})\n"
    show(script, schema=REGRESSION, auth="none")
    browser.click("button=Score")
    assert browser.text(".prediction") == "12.5"
    assert browser.script("return document.getElementById('key-row').hidden")


def test_a_script_of_the_users_own_takes_json(browser: Browser, show: Open) -> None:
    show("import json\ndef init(): pass\ndef run(data): return {'got': json.loads(data)}\n")
    browser.write("#key", KEY)
    browser.script("document.getElementById('payload').value = '[1, 2]'")
    browser.click("button=Score")
    assert json.loads(browser.text("#result pre")) == {"got": [1, 2]}


RAW = """
from azureml.contrib.services.aml_response import AMLResponse

PIXEL = b"GIF89a\\1\\0\\1\\0\\x80\\0\\0\\0\\0\\0\\xff\\xff\\xff,\\0\\0\\0\\0\\1\\0\\1\\0\\0\\2\\2D\\1\\0;"

def init(): pass

def run(data):
    return AMLResponse(PIXEL, 200, {"Content-Type": "image/gif"}) if "picture" in data else AMLResponse("a\\nb", 200)
"""


def test_a_picture_is_shown_and_text_is_not_quoted(browser: Browser, show: Open) -> None:
    show(RAW, auth="none")
    browser.find("#payload")
    browser.click("button=Score")
    browser.until(lambda: browser.text("#result pre") == "a\nb")
    browser.write("#payload", "picture")
    browser.click("button=Score")
    browser.find("#result img")
    browser.until(lambda: browser.script("return document.querySelector('#result img').naturalWidth") == 1)
    assert not browser.complaints()


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone_in_light_and_dark(browser: Browser, show: Open, dark: bool) -> None:
    show(schema=SCHEMA, width=390, dark=dark)
    browser.write("#key", KEY)
    browser.click("button=Score")
    browser.find(".prediction")
    assert browser.script("return document.documentElement.scrollWidth") <= 390
    ground = browser.script("return getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 23, 26)" if dark else "rgb(246, 247, 249)")
    low = browser.script(
        "return [...document.querySelectorAll('input, select, button')].filter((c) => c.offsetHeight < 40).length"
    )
    assert low == 0


def test_the_policy_forbids_inline_scripts_and_other_hosts(browser: Browser, show: Open) -> None:
    show(schema=SCHEMA)
    browser.find(".field")
    browser.script(
        "const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.body.append(s)"
    )
    assert browser.script("return window.bad") is None
    assert any("Content Security Policy" in said for said in browser.complaints())


def test_the_key_is_kept_nowhere(browser: Browser, show: Open) -> None:
    worker = show(schema=SCHEMA)
    browser.write("#key", KEY)
    browser.click("button=Score")
    browser.find(".prediction")
    kept = browser.script(
        "return [location.href, document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage),"
        " document.documentElement.outerHTML].join()"
    )
    assert KEY not in kept
    assert KEY not in (worker.folder / "service.log").read_text()
    browser.open(f"http://127.0.0.1:{worker.port}/ui")
    browser.find(".field")
    assert browser.script("return document.getElementById('key').value") == ""
