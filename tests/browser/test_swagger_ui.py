"""Swagger UI of `mlops swagger --serve` in a real browser, against a live endpoint."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.browser.driver import Browser
from tests.cli import toy
from tests.conftest import Mlops

Show = Callable[..., str]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlops]:
    """One endpoint for the whole module."""
    mlops = Mlops(tmp_path_factory.mktemp("project"))
    toy.register(mlops)
    mlops("deploy")
    yield mlops
    mlops("endpoints", "delete", "toy", "--yes")


@pytest.fixture
def show(browser: Browser, deployed: Mlops) -> Iterator[Show]:
    """Serve the page, open it and return its address."""
    processes: list[subprocess.Popen[str]] = []

    def go(*arguments: str, width: int = 1280, dark: bool = False) -> str:
        command = [sys.executable, "-m", "mlops_cli", "swagger", "--serve", "--port", "0", *arguments]
        process = subprocess.Popen(
            command, cwd=deployed.project, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        processes.append(process)
        assert process.stdout
        url = process.stdout.readline().strip()
        browser.look(width=width, dark=dark)
        browser.open(url)
        return url

    browser.open("about:blank")
    browser.complaints()
    yield go
    browser.open("about:blank")
    for process in processes:
        process.kill()
        process.communicate()


def execute(browser: Browser, tag: str = "Scoring") -> tuple[str, str]:
    """Press Execute of POST /score; status and body of the answer as the page shows them."""
    score = f"#operations-{tag}-RunMLService"
    browser.click(f"{score} .opblock-summary-control")
    browser.click(f"{score} .execute")
    answer = f"{score} .live-responses-table"
    browser.find(answer)
    status = browser.text(f"{answer} tbody .response-col_status")
    return status, browser.text(f"{answer} .highlight-code code")


def authorize(browser: Browser, value: str) -> None:
    browser.click(".auth-wrapper .btn.authorize")
    browser.write(".auth-container input", value)
    browser.click(".auth-btn-wrapper .btn.authorize")
    browser.click(".auth-btn-wrapper .btn-done")


def key_of(mlops: Mlops) -> str:
    return str(mlops("endpoints", "keys", "toy", "-o", "json").json()["primary"])


@pytest.mark.parametrize("version", ["2", "3", "3.1"])
def test_an_authorised_call_is_scored_by_the_live_endpoint(
    browser: Browser, deployed: Mlops, show: Show, version: str
) -> None:
    show("--version", version)
    key = key_of(deployed)
    authorize(browser, f"Bearer {key}" if version == "2" else key)
    tag = "Scoring" if version == "3.1" else "default"
    status, body = execute(browser, tag)
    assert status.startswith("200")
    assert json.loads(json.loads(body)) == {"result": ["yes"]}
    curl = browser.text(f"#operations-{tag}-RunMLService .curl-command")
    assert deployed("endpoints", "show", "toy", "-o", "json").json()["scoring_uri"] in curl
    assert "Bearer KEY" in curl
    assert key not in browser.script("return document.documentElement.outerHTML + location.href")
    assert browser.complaints() == []


def test_a_call_without_a_key_shows_the_refusal(browser: Browser, show: Show) -> None:
    show()
    status, body = execute(browser)
    assert status.startswith("401")
    assert json.loads(body)["error"]["code"] == "Unauthorized"


def test_authorize_scores_at_once_and_keeps_the_key_from_the_page(
    browser: Browser, deployed: Mlops, show: Show
) -> None:
    url = show("--authorize")
    status, body = execute(browser)
    assert (status[:3], json.loads(json.loads(body))) == ("200", {"result": ["yes"]})
    key = key_of(deployed)
    assert key not in browser.script("return document.documentElement.outerHTML + location.href")
    assert key not in url
    assert browser.text("#note").startswith("Signed in")
    assert browser.script("return document.querySelector('.auth-wrapper .authorize')") is None
    assert browser.script("return document.cookie") == ""


def test_the_health_check_can_be_tried_too(browser: Browser, show: Show) -> None:
    show()
    browser.click("#operations-Scoring-ServiceHealthCheck .opblock-summary-control")
    browser.click("#operations-Scoring-ServiceHealthCheck .execute")
    answer = "#operations-Scoring-ServiceHealthCheck .live-responses-table .highlight-code code"
    assert browser.text(answer) == "Healthy"


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_phone_in_light_and_dark(browser: Browser, show: Show, dark: bool) -> None:
    show(width=390, dark=dark)
    execute(browser)
    assert browser.script("return document.documentElement.scrollWidth") <= 390
    assert browser.script("return document.documentElement.classList.contains('dark-mode')") is dark


def test_the_policy_forbids_what_the_page_does_not_need(browser: Browser, show: Show) -> None:
    url = show()
    browser.find("#operations-Scoring-RunMLService")
    browser.script(
        "const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.body.append(s)"
    )
    browser.script("fetch('http://127.0.0.1:9/').catch(() => { window.refused = true; })")
    browser.until(lambda: browser.script("return window.refused"))
    assert browser.script("return window.bad") is None
    said = browser.complaints()
    assert any("inline script" in line for line in said)
    assert any("Refused to connect" in line for line in said)
    assert url.startswith("http://127.0.0.1:")
