from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driver import Browser, has_driver


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for the module; it begins each test with a page of its own."""
    if not has_driver():
        pytest.skip("chromedriver is not installed: this browser test is left out")
    browser = Browser(chromium, Path(tmp_path_factory.mktemp("profile")))
    yield browser
    browser.close()
