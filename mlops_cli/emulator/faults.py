"""Faults on demand: what a client does when Azure is slow, refuses, or goes away can be tried here."""

from __future__ import annotations

import re
import threading
import time
import uuid
from typing import Literal

from msgspec import Struct, field

from mlops_cli.emulator.wire.messages import Response, json_response

HALF = b'{"value": [{"id": "' + b"0" * 64
"""The answer of which `cut` sends all but the last part."""


class Fault(Struct, kw_only=True):
    """One rule. `match` is a pattern sought in "METHOD https://host/path?query" (for `operation`: in its name).

    `delay` waits `seconds`; `status` answers `status` (with Retry-After `retry_after`); `cut` closes the
    connection after half an answer; `operation` lets an asynchronous operation fail with `message`.
    `after` seconds must pass before it holds; it is used up after `times` uses (None: never).
    """

    action: Literal["delay", "status", "cut", "operation"]
    match: str = ""
    seconds: float = 1.0
    status: int = 500
    retry_after: float | None = None
    message: str = "the emulator was told to let this fail"
    after: float = 0.0
    times: int | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    set_at: float = field(default_factory=time.time)


class Faults:
    """The rules in force; forgotten when the emulator stops."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._rules)

    def on_call(self, method: str, url: str) -> Response | None:
        """Wait where a rule says so; the answer of the first rule that has one."""
        text = f"{method} {url}"
        if delay := self._take(text, "delay"):
            time.sleep(delay.seconds)
        if fault := self._take(text, "status"):
            return _refusal(fault)
        return Response(200, HALF, cut=-len(HALF) // 2) if self._take(text, "cut") else None

    def on_operation(self, name: str) -> str | None:
        """The message with which the operation `name` is to fail, None when it may succeed."""
        fault = self._take(name, "operation")
        return fault.message if fault else None

    def _take(self, text: str, action: str) -> Fault | None:
        with self._lock:
            for fault in self._rules:
                if fault.action != action or time.time() < fault.set_at + fault.after:
                    continue
                if not re.search(fault.match, text, re.I):
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._rules.remove(fault)
                return fault
        return None


def _refusal(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    error = {"error": {"code": "InjectedFault", "message": fault.message}}
    return json_response(error, fault.status, headers)
