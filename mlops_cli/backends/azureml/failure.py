"""What can be learnt from an exception of the SDK: status, code, message, request, how long to wait.

The SDK wraps answers of Azure in many ways: an exception with the response, one with the inner exception,
or one whose text is a print of the response. All are looked through, the innermost answer counts.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

PRINTED = re.compile(
    r"Response Code:?\s+(?P<status>\d{3})\s*\n?Headers:?\s+(?P<headers>\{.*?\})\s*\n?Content:?\s+(?P<content>.*)",
    re.S,
)
REQUEST_IDS = ("x-ms-request-id", "x-request-id", "x-ms-client-request-id", "request-id")
SPENT = re.compile(r"too many (\d{3}) error responses")
MOST = 8


class Failure(Struct):
    """An answer of Azure that is an error. `retry_after` is seconds."""

    message: str
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None


def learn(error: BaseException) -> Failure:
    """Everything that the exception and those behind it tell."""
    found = Failure(message_of(error))
    for link in chain(error):
        answer = _answer(link)
        if answer is None:
            continue
        status, headers, document = answer
        found.status = found.status or status
        code, message = _told(document)
        found.code = found.code or code
        found.message = message or found.message
        low = _low(headers)
        found.request_id = found.request_id or request_id(headers)
        found.retry_after = found.retry_after or _seconds(low.get("retry-after"))
    if found.status is None and (spent := _spent(error)):
        found.status, found.message = spent, "it failed each time it was asked"
    found.message = one_line(found.message)
    return found


def _spent(error: BaseException) -> int | None:
    """The status of which urllib3 had enough; the answers themselves are lost then."""
    matches = (SPENT.search(str(link)) for link in chain(error))
    return next((int(match[1]) for match in matches if match), None)


def request_id(headers: Mapping[str, Any]) -> str | None:
    """Azure's own id of the call; what its support asks for."""
    low = _low(headers)
    return next((low[name] for name in REQUEST_IDS if low.get(name)), None)


def _low(headers: Mapping[str, Any]) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it wraps, outermost first."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(seen) < MOST:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or any(link is other for other in seen):
            continue
        seen.append(link)
        yield link
        inner = getattr(link, "inner_exception", None), link.__cause__, link.__context__
        waiting += [*inner, *(arg for arg in link.args if isinstance(arg, BaseException))]


def message_of(error: BaseException) -> str:
    message = getattr(error, "message", None)
    return message if isinstance(message, str) and message else str(error) or type(error).__name__


def one_line(text: str) -> str:
    """The first paragraph, at most 300 characters, without what the SDK adds for machines."""
    text = re.split(r"\n\s*\n|\n\s*InnerException|\nResponse Code|\nTrace ID|\nRequestId:", text.strip())[0]
    text = " ".join(text.split()).removeprefix("Message: ")
    return text if len(text) <= 300 else text[:297] + "..."


def _answer(error: BaseException) -> tuple[int | None, Mapping[str, Any], Any] | None:
    response = getattr(error, "response", None)
    if response is not None:
        return getattr(response, "status_code", None), getattr(response, "headers", {}), _document(response)
    if match := PRINTED.search(str(getattr(error, "message", None) or error)):
        return int(match["status"]), _literal(match["headers"]) or {}, _json(_bytes(match["content"]))
    status = getattr(error, "status_code", None)
    return (status, {}, None) if isinstance(status, int) else None


def _document(response: Any) -> Any:
    """The body as JSON: `text` is a method with azure-core, a value with requests."""
    text = getattr(response, "text", None)
    with contextlib.suppress(Exception):
        return _json(text() if callable(text) else text or "")
    return None


def _bytes(content: str) -> str | bytes:
    """The content of a printed answer: b'...' as Python writes it, up to where the text goes on."""
    match = re.match(r"b'(?:[^'\\]|\\.)*'|b\"(?:[^\"\\]|\\.)*\"", content, re.S)
    value = _literal(match[0]) if match else None
    return value if isinstance(value, bytes) else content


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _told(document: Any) -> tuple[str | None, str | None]:
    """Code and message of an error document: Azure's `error` object, or the flat one of model management."""
    if not isinstance(document, dict):
        return None, None
    error = document.get("error")
    more = error if isinstance(error, dict) else document
    code, message = more.get("code"), more.get("message") or document.get("error_description")
    details = more.get("details")
    inner = next((d for d in details if isinstance(d, dict)), {}) if isinstance(details, list) else {}
    if inner.get("message") and inner["message"] not in str(message):
        message = f"{message} {inner['message']}" if message else inner["message"]
    return (str(code) if code else None), (str(message) if message else None)


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
