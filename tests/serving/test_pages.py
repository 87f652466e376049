"""The form's files and what a browser may do with them; the form itself is tested in tests/browser."""

import re

import pytest

from tests.serving.harness import Worker

KINDS = {
    "/ui": "text/html",
    "/ui/form.js": "text/javascript",
    "/ui/fields.js": "text/javascript",
    "/ui/form.css": "text/css",
}


@pytest.mark.parametrize("path", KINDS)
def test_files_are_served_without_a_key_and_with_a_strict_policy(service: Worker, path: str) -> None:
    answer = service.ask("GET", path)
    assert answer.status == 200
    assert answer.headers["content-type"] == f"{KINDS[path]}; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert service.ask("HEAD", path).headers["content-length"] == str(len(answer.body))


def test_the_page_names_only_files_that_there_are(service: Worker) -> None:
    page = service.ask("GET", "/ui").body.decode()
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert {"ui/form.js", "ui/fields.js", "ui/form.css"} == {name for name in named if name != "data:,"}
    assert not re.findall(r"<script>|<style>|style=|onclick=", page)


def test_there_is_nothing_else_below_ui(service: Worker) -> None:
    for path in ("/ui/", "/ui/nothing.js", "/ui/../service.json", "/ui/%2e%2e/secrets.json"):
        assert service.ask("GET", path).status == 404
    assert service.ask("POST", "/ui", b"x").status == 405
