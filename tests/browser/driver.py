"""Chromium driven through chromedriver: the few WebDriver calls (W3C) that these tests need."""

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

PATIENCE = 30.0
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ENTER = "\ue007"
TAB = "\ue004"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def has_driver() -> bool:
    return shutil.which("chromedriver") is not None


class Browser:
    """One Chromium with a profile of its own. Close it."""

    def __init__(self, chromium: str, profile: Path) -> None:
        driver = shutil.which("chromedriver")
        assert driver, "chromedriver comes with Chromium's driver package"
        self._http = requests.Session()
        self._http.trust_env = False
        port = _free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.until(self._is_up)
        options = {"binary": chromium, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        found = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._url += f"/session/{found['sessionId']}"

    def close(self) -> None:
        try:
            self._call("DELETE", "")
        finally:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def look(self, *, width: int, dark: bool = False) -> None:
        """Take the width of a screen, in CSS pixels, and a colour scheme."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", {"features": [scheme]})

    def devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def script(self, text: str, *arguments: Any) -> Any:
        """What `return ...` in the page returns."""
        return self._call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def find(self, selector: str) -> str:
        """The element that a CSS selector, or a text in the form `button=Execute`, finds; waits for it."""
        return str(self.until(lambda: self._find(selector)))

    def click(self, selector: str) -> None:
        found = {ELEMENT: self.find(selector)}
        self.script("arguments[0].scrollIntoView({block: 'center'})", found)
        self._call("POST", f"/element/{found[ELEMENT]}/click", {})

    def write(self, selector: str, text: str) -> None:
        self._call("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def text(self, selector: str) -> str:
        return str(self._call("GET", f"/element/{self.find(selector)}/text"))

    def press(self, key: str) -> None:
        """A key where the focus is."""
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def complaints(self) -> list[str]:
        """What the browser's console has said since the last call: errors, and what a CSP forbade."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def screenshot(self, path: Path) -> None:
        """The whole page, also what has to be scrolled to."""
        shot = self.devtools("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(shot["data"]))

    def until(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.05)
        raise AssertionError("it did not happen in time")

    def _find(self, selector: str) -> str | None:
        tag, _, label = selector.partition("=")
        query = {"using": "css selector", "value": selector}
        if label and "[" not in tag:
            query = {"using": "xpath", "value": f"//{tag}[normalize-space()='{label}']"}
        found = self._call("POST", "/elements", query)
        return found[0][ELEMENT] if found else None

    def _is_up(self) -> bool:
        try:
            return self._http.get(self._url + "/status", timeout=2).ok
        except requests.ConnectionError:
            return False

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body) if method == "POST" else None
        value = self._http.request(method, self._url + path, data=data, timeout=60).json()["value"]
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{value['error']}: {value['message'].splitlines()[0]}")
        return value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
