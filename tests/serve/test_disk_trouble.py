"""A disk that takes nothing, from the start or for a while: what happens is kept all the same."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from runner.records import reading
from runner.records.reading import RecordQuery
from runner.serve.records.recorder import Recorder

FULL = ("PRAGMA max_page_count=1", "PRAGMA max_page_count=1073741823")
READ_ONLY = ("PRAGMA query_only=ON", "PRAGMA query_only=OFF")


@pytest_asyncio.fixture
async def recorder(changed, releases, calls, log, secrets, tmp_path):  # noqa: PLR0913, PLR0917 - fixtures
    """Keeps what happens, in a folder for data of its own."""
    releases.swap(changed("runner:\n", f"runner:\n  data_dir: {tmp_path / 'data'}\n"))
    made = Recorder(releases, calls, log, secrets, {})
    yield made
    await made.stop()


def keep(recorder, words):
    """Have something kept that happened elsewhere."""
    recorder.keep("interaction", "desk", "logged", {"input": words})


async def stored(recorder, count):
    """Wait until so many are in the database; their words, the first to come first."""
    async with asyncio.timeout(60):
        while recorder.figures()["stored"] < count:  # noqa: ASYNC110 - another thread stores them
            await asyncio.sleep(0.02)
    database = recorder.place.database()
    ids = [each["id"] for each in reading.page(database, RecordQuery()).records]
    return sorted(reading.one(database, name)["input"] for name in ids)


async def told(log, name):
    """Wait until something is logged."""
    async with asyncio.timeout(60):
        while not log.named(name):  # noqa: ASYNC110 - a log calls nobody
            await asyncio.sleep(0.02)
    return log.named(name)


@pytest.mark.parametrize(
    ("change", "why", "hint"),
    [
        (FULL, "the disk is full", "make room on it"),
        (READ_ONLY, "it may not be written", "let lkrun write it"),
    ],
    ids=["full", "read-only"],
)
async def test_a_disk_that_takes_nothing_for_a_while(recorder, log, tmp_path, change, why, hint):  # noqa: PLR0913, PLR0917 - as above
    """It is told once, with what to do; what happened meanwhile is kept when it is mended."""
    broken, mended = change
    keep(recorder, "a")
    assert await stored(recorder, 1) == ["a"]
    recorder._spool._rows(broken)
    keep(recorder, "b" * 100_000)
    await told(log, "records_not_spooled")
    keep(recorder, "c")
    await recorder.written()  # a turn is answered meanwhile
    [event] = log.named("records_not_spooled")
    assert (event["error"], event["help"], event["folder"]) == (why, hint, str(tmp_path / "data"))
    recorder._spool._rows(mended)
    assert await stored(recorder, 3) == ["a", "b" * 100_000, "c"]
    assert recorder.figures()["lost"] == 0
    assert len(log.named("records_not_spooled")) == 1


async def test_a_folder_that_takes_nothing_at_the_start(recorder, log, tmp_path):
    """What happens waits elsewhere until there is a folder, and is stored then."""
    (tmp_path / "data").write_text("a file stands where the folder should")
    keep(recorder, "a")
    [disk] = await told(log, "records_not_spooled")
    [database] = await told(log, "records_not_stored")
    for event in (disk, database):
        assert event["help"] == "name a folder in runner.data_dir that lkrun may write in"
    (tmp_path / "data").unlink()
    assert await stored(recorder, 1) == ["a"]
