"""Downloading a published file: resumed after a cut, retried, and kept only if its checksum is right.

RFC 9110 range requests: the part that is there is continued with `Range` and `If-Range`, so that a file
which changed meanwhile is sent from its start.
"""

import contextlib
import email.utils
import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import requests

from mlops_cli.engine.files import locked
from mlops_cli.errors import DataError, MlopsError, NotFoundError, StateError, WorkFailedError

TRIES = 5
CHUNK_BYTES = 64 * 1024
CONNECT_SECONDS = 10
READ_SECONDS = 30
LONGEST_WAIT = 60.0

Progress = Callable[[int, int | None], None]


class CutOff(requests.RequestException):
    """The body ended too early, or cannot continue what is here: ask again."""


def fetch(
    url: str,
    sha256: str,
    target: Path,
    *,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Download `url` to `target`; `progress` gets bytes so far and in all (None when unknown).

    Returns False when the file is there already. Raises NotFoundError (404), DataError (`target` is another
    file), WorkFailedError (no connection, refused, wrong checksum) and StateError (cannot be written).
    """
    if target.exists():
        if file_hash(target) == sha256:
            return False
        raise DataError(f"{target} exists and is not the published file", hint="name another with --out")
    part = target.with_name(f"{target.name}.part")
    with _write_errors(target), locked(part, wait=False) as mine:
        if not mine:
            raise WorkFailedError(f"another command is downloading {target}", hint="wait until it is done")
        try:
            if file_hash(part) != sha256:
                _download(url, part, progress or _unseen, sleep)
            _verify(part, sha256, url)
            part.replace(target)
        finally:
            if part.exists() and not part.stat().st_size:
                _forget(part)
    return True


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(url: str, part: Path, progress: Progress, sleep: Callable[[float], None]) -> None:
    for attempt in range(TRIES):
        last = attempt == TRIES - 1
        try:
            with _request(url, part) as answer:
                if not _is_passing(answer):
                    return _receive(answer, part, progress)
                wait, reason = _wait(answer, attempt), f"it answered {answer.status_code} {answer.reason}"
        except requests.RequestException as error:
            wait, reason = 0.5 * 2**attempt, _reason(error)
        if not last:
            sleep(wait)
    message = f"{url} cannot be downloaded after {TRIES} tries: {reason}"
    raise WorkFailedError(message, hint="run the same command again: it goes on where it stopped")


def _request(url: str, part: Path) -> requests.Response:
    headers = {"Accept-Encoding": "identity"}
    validator = _validator_file(part)
    if validator.exists() and part.stat().st_size:
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": validator.read_text()}
    return requests.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS))


def _is_passing(answer: requests.Response) -> bool:
    """Whether to ask again; raises for what will not change."""
    if answer.status_code in (404, 410):
        raise NotFoundError(f"{answer.url} does not exist", hint="give another place with --url")
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        return True
    if answer.status_code >= 400 and answer.status_code != 416:
        text = f"{answer.url} answered {answer.status_code} {answer.reason}"
        raise WorkFailedError(text, hint="give another place with --url")
    return False


def _receive(answer: requests.Response, part: Path, progress: Progress) -> None:
    """Write the body behind or over what is there. Raises RequestException when it is cut."""
    start = _start(answer)
    if answer.status_code == 416 or start > part.stat().st_size:
        _validator_file(part).unlink(missing_ok=True)
        raise CutOff("the part here does not fit the file there; starting again")
    length = answer.headers.get("Content-Length")
    total = start + int(length) if length else None
    _remember_validator(answer, part)
    with part.open("r+b" if start else "wb") as file:
        file.truncate(start)
        file.seek(start)
        _copy(answer, file, total, progress)


def _copy(answer: requests.Response, file: IO[bytes], total: int | None, progress: Progress) -> None:
    # Otherwise urllib3 raises at a cut and drops what it had received of the last chunk.
    answer.raw.enforce_content_length = False
    progress(file.tell(), total)
    for chunk in answer.iter_content(CHUNK_BYTES):
        file.write(chunk)
        progress(file.tell(), total)
    if total is not None and file.tell() != total:
        raise CutOff(f"cut off after {file.tell():,} of {total:,} bytes")


def _start(answer: requests.Response) -> int:
    """The offset of the body's first byte, from `Content-Range: bytes START-END/TOTAL`."""
    if answer.status_code != 206:
        return 0
    span = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(span) if span.isdigit() else 0


def _remember_validator(answer: requests.Response, part: Path) -> None:
    """Keep the strong ETag or date that a later If-Range may name; without one nothing is resumed."""
    etag = answer.headers.get("ETag", "")
    validator = answer.headers.get("Last-Modified") if etag.startswith("W/") or not etag else etag
    if validator:
        _validator_file(part).write_text(validator)
    else:
        _validator_file(part).unlink(missing_ok=True)


def _verify(part: Path, sha256: str, url: str) -> None:
    found = file_hash(part)
    if found == sha256:
        _validator_file(part).unlink(missing_ok=True)
        return
    _forget(part)
    lines = [f"expected {sha256}", f"received {found}"]
    hint = "the file changed there or on the way; nothing was kept, try again or give --url"
    raise WorkFailedError(f"{url} has the wrong checksum", hint=hint, details=lines)


def _unseen(done: int, total: int | None) -> None:
    """Progress that nobody looks at."""


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _validator_file(part).unlink(missing_ok=True)


def _validator_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _wait(answer: requests.Response, attempt: int) -> float:
    """Seconds to wait: `Retry-After` (seconds or a date), otherwise longer each time."""
    asked = answer.headers.get("Retry-After", "")
    if asked.isdigit():
        return min(float(asked), LONGEST_WAIT)
    with contextlib.suppress(ValueError):
        until = email.utils.parsedate_to_datetime(asked)
        return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), LONGEST_WAIT)
    return 0.5 * 2**attempt


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, CutOff):
        return str(error)
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut"
    return "no connection" if isinstance(error, requests.ConnectionError) else str(error)


@contextlib.contextmanager
def _write_errors(target: Path) -> Iterator[None]:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except MlopsError:
        raise
    except OSError as error:
        if isinstance(error, requests.RequestException):
            raise
        hint = "free some space, or name another place with --out"
        raise StateError(f"cannot write {target}: {error.strerror}", hint=hint) from error
