"""Downloads from a real server on loopback that cuts, refuses, changes and forgets."""

import hashlib
import os
import resource
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from mlops_cli.engine.data import fetching
from mlops_cli.engine.data.catalogue import CATALOGUE
from mlops_cli.engine.files import locked
from mlops_cli.errors import DataError, NotFoundError, StateError, WorkFailedError
from tests.data.server import Published, serving

CONTENT = os.urandom(300_000)


@pytest.fixture
def published() -> Iterator[Published]:
    with serving(Published(CONTENT)) as server:
        yield server


class Download:
    """One download to a folder of its own; remembers the waits and the progress."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "sub" / "file.csv"
        self.waits: list[float] = []
        self.progress: list[tuple[int, int | None]] = []

    def __call__(self, server: Published, sha256: str | None = None) -> bool:
        return fetching.fetch(
            server.url,
            sha256 or server.sha256,
            self.target,
            progress=lambda done, total: self.progress.append((done, total)),
            sleep=self.waits.append,
        )

    def left(self) -> list[str]:
        return sorted(path.name for path in self.target.parent.iterdir())


@pytest.fixture
def download(tmp_path: Path) -> Download:
    return Download(tmp_path)


def test_a_file_is_downloaded_once(published: Published, download: Download) -> None:
    assert download(published) is True
    assert download.target.read_bytes() == CONTENT
    assert download.progress[0] == (0, len(CONTENT))
    assert download.progress[-1] == (len(CONTENT), len(CONTENT))
    assert download(published) is False
    assert len(published.asked) == 1
    assert download.left() == ["file.csv"]


def test_a_cut_download_goes_on_where_it_stopped(published: Published, download: Download) -> None:
    published.faults = [("cut", 100_000)]
    assert download(published) is True
    assert download.target.read_bytes() == CONTENT
    assert published.asked[1]["Range"] == "bytes=100000-"
    assert download.waits == [0.5]


def test_a_later_command_goes_on_too(published: Published, download: Download) -> None:
    published.faults = [("cut", 10_000)] * fetching.TRIES
    with pytest.raises(WorkFailedError, match=r"after 5 tries: cut off after 50,000 of 300,000 bytes"):
        download(published)
    assert download.left() == ["file.csv.part", "file.csv.part.etag"]
    assert download(published) is True
    assert published.asked[-1]["Range"] == "bytes=50000-"
    assert download.target.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_starts_again(published: Published, download: Download) -> None:
    published.faults = [("cut", 10_000)] * fetching.TRIES
    with pytest.raises(WorkFailedError):
        download(published)
    published.content = os.urandom(200_000)
    assert download(published) is True
    assert download.target.read_bytes() == published.content


def test_a_server_that_ignores_ranges(published: Published, download: Download) -> None:
    published.ranges = False
    published.faults = [("cut", 100_000)]
    assert download(published) is True
    assert download.target.read_bytes() == CONTENT


def test_nothing_is_resumed_without_a_validator(published: Published, download: Download) -> None:
    published.etag = False
    published.faults = [("cut", 100_000)]
    assert download(published) is True
    assert "Range" not in published.asked[1]
    assert download.target.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_starts_again(published: Published, download: Download) -> None:
    published.faults = [("cut", 10_000)] * fetching.TRIES
    with pytest.raises(WorkFailedError):
        download(published)
    part = download.target.with_name("file.csv.part")
    part.write_bytes(part.read_bytes() + bytes(400_000))
    assert download(published) is True
    assert download.target.read_bytes() == CONTENT


def test_a_part_that_is_complete_is_not_asked_for_again(published: Published, download: Download) -> None:
    download.target.parent.mkdir()
    download.target.with_name("file.csv.part").write_bytes(CONTENT)
    assert download(published) is True
    assert published.asked == []
    assert download.left() == ["file.csv"]


def test_a_wrong_checksum_keeps_nothing(published: Published, download: Download) -> None:
    wrong = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(WorkFailedError, match="wrong checksum") as caught:
        download(published, wrong)
    assert caught.value.details == [f"expected {wrong}", f"received {published.sha256}"]
    assert download.left() == []


def test_a_missing_file_is_not_asked_for_twice(published: Published, download: Download) -> None:
    published.faults = [404]
    with pytest.raises(NotFoundError, match="does not exist"):
        download(published)
    assert len(published.asked) == 1
    assert download.left() == []


def test_a_refusal_is_not_repeated(published: Published, download: Download) -> None:
    published.faults = [403]
    with pytest.raises(WorkFailedError, match="answered 403 Forbidden"):
        download(published)
    assert len(published.asked) == 1


@pytest.mark.parametrize(("asked", "waited"), [("0", 0), ("7", 7), ("900", 60), ("soon", 0.5)])
def test_a_busy_server_says_how_long_to_wait(
    published: Published, download: Download, asked: str, waited: float
) -> None:
    published.retry_after = asked
    published.faults = [429]
    assert download(published) is True
    assert download.waits == [waited]


def test_retry_after_may_be_a_date(published: Published, download: Download) -> None:
    published.retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    published.faults = [503]
    assert download(published) is True
    assert 0 < download.waits[0] <= 30


def test_a_broken_server_is_given_up(published: Published, download: Download) -> None:
    published.faults = [500] * fetching.TRIES
    with pytest.raises(WorkFailedError, match="after 5 tries: it answered 500"):
        download(published)
    assert len(published.asked) == fetching.TRIES
    assert len(download.waits) == fetching.TRIES - 1
    assert download.left() == []


def test_nobody_answers(download: Download) -> None:
    with serving(Published(CONTENT)) as server:
        pass
    with pytest.raises(WorkFailedError, match="after 5 tries: no connection"):
        download(server)


def test_another_file_of_that_name_is_left_alone(published: Published, download: Download) -> None:
    download.target.parent.mkdir()
    download.target.write_text("mine")
    with pytest.raises(DataError, match="is not the published file") as caught:
        download(published)
    assert "--out" in (caught.value.hint or "")
    assert download.target.read_text() == "mine"


def test_two_downloads_at_once(published: Published, download: Download) -> None:
    part = download.target.with_name("file.csv.part")
    with locked(part), pytest.raises(WorkFailedError, match="another command is downloading"):
        download(published)
    assert published.asked == []


def test_a_disk_that_takes_no_more(published: Published, download: Download) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StateError, match=r"cannot write .*file\.csv: File too large") as caught:
            download(published)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "free some space" in (caught.value.hint or "")
    assert not download.target.exists()
    assert download(published) is True


def test_the_catalogue_says_what_may_be_done_with_a_file() -> None:
    for public in CATALOGUE.values():
        assert public.url.startswith("https://")
        assert len(public.sha256) == 64
        assert public.licence == "CC BY 4.0"
        assert public.citation.endswith("UCI Machine Learning Repository.")


@pytest.mark.real_data
def test_the_checksums_are_those_of_the_real_files(bank_csv: Path, bike_csv: Path) -> None:
    assert fetching.file_hash(bank_csv) == CATALOGUE["bank-marketing"].sha256
    assert fetching.file_hash(bike_csv) == CATALOGUE["bike-sharing"].sha256
