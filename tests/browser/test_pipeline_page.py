"""The page of a pipeline in a browser: whatever names it has, nothing leaves its place."""

from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.conftest import Mlops

PIPELINE = """\
name: {long}
description: {long}
data:
  {wide}: {{path: {folder}/{chinese}.csv}}
steps:
- {{name: {wide}-1, type: script, script: s.py, inputs: {{d: data.{wide}}}, outputs: [{wide}]}}
- {{name: clean-bank-marketing, type: script, script: s.py, inputs: {{d: {wide}-1.{wide}}}}}
"""
OUTSIDE = """
const room = card => card.querySelector("rect.card").getBoundingClientRect();
const cards = [...document.querySelectorAll("svg g")];
const written = cards.flatMap(card => [...card.querySelectorAll("text")].map(text => [text, room(card).right]));
const labels = [...document.querySelectorAll("svg > text")].map(text =>
    [text, Math.min(...cards.map(room).map(r => r.left).filter(x => x > text.getBoundingClientRect().left))]);
return [...written, ...labels].filter(([text, most]) => text.getBoundingClientRect().right > most)
    .map(([text]) => text.textContent);
"""


@pytest.mark.parametrize("width", [420, 1300])
def test_every_text_stays_in_its_place(width: int, browser: Browser, mlops: Mlops, tmp_path: Path) -> None:
    text = PIPELINE.format(long="long" * 25, wide="W" * 30, chinese="数据" * 20, folder=tmp_path)
    (tmp_path / "p.yaml").write_text(text)
    (tmp_path / "s.py").touch()
    mlops("pipeline", "create", str(tmp_path / "p.yaml"), "--html", str(tmp_path / "p.html"))
    browser.look(width=width)
    browser.open((tmp_path / "p.html").as_uri())
    assert browser.script(OUTSIDE) == []
    assert "clean-bank-marketing" in browser.text("svg")
    assert browser.script("return document.documentElement.scrollWidth <= innerWidth")
