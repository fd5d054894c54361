"""`lkrun releases`, as people and scripts use it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

import pytest
from support.standing import GOOD, compiled, runner


@pytest.fixture
def kept(folder, archive):
    """Two releases that were kept, the older one first."""
    first = compiled(folder, GOOD)
    second = compiled(folder, GOOD.replace("Hello.", "Welcome."))
    archive.keep(first, ["desk is new"])
    archive.keep(second, ["one", "two", "three", "four \x1b[31m", "five"])
    return first, second


def test_nothing_is_kept(lkrun, folder):
    """A folder that was never served has no releases, which is no mistake."""
    done = lkrun("releases", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"no release of {folder} is kept yet: lkrun serve keeps those that it serves",
        f"no runner of {folder} is on",
    ]
    assert json.loads(lkrun("releases", folder, "--format", "json").stdout) == []


def test_without_a_runner(lkrun, folder, archive, kept):
    """The newest comes first, with its time here and what changed; only three sentences."""
    first, second = kept
    done = lkrun("releases", folder, env={"TZ": "Asia/Kathmandu"})
    times = [row.time for row in archive.rows()]
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == [second.id, *_kathmandu(times[0])]
    assert lines[1:5] == ["    one", "    two", "    three", "    and 2 more"]
    assert lines[5].split() == [first.id, *_kathmandu(times[1])]
    assert lines[6:] == ["    desk is new", f"no runner of {folder} is on"]


def _kathmandu(time):
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - here only

    return f"{time.astimezone(ZoneInfo('Asia/Kathmandu')):%Y-%m-%d %H:%M}".split()


async def test_with_a_runner(lkrun, folder, archive, kept):
    """What is served is marked, and the calls on each release are counted."""
    first, second = kept
    async with runner(archive, first) as releases:
        releases.pin("a")
        releases.swap(second)
        for call in "bc":
            releases.pin(call)
        done = await asyncio.to_thread(lkrun, "releases", folder)
        lines = done.stdout.splitlines()
        assert lines[0].endswith("  served, 2 sessions")
        assert lines[5].endswith("  1 session")
        assert "no runner" not in done.stdout
        listed = await asyncio.to_thread(lkrun, "releases", folder, "--format", "json")
    rows = json.loads(listed.stdout)
    assert [list(row) for row in rows] == [
        ["id", "time", "served", "sessions", "changed", "agents"]
    ] * 2
    assert [(r["id"], r["served"], r["sessions"]) for r in rows] == [
        (second.id, True, 2),
        (first.id, False, 1),
    ]
    assert rows[0]["changed"] == ["one", "two", "three", "four \x1b[31m", "five"]
    assert rows[1]["agents"] == ["desk"]
    assert datetime.fromisoformat(rows[0]["time"]).tzinfo is not None


async def test_what_only_calls_keep(lkrun, folder, archive, kept):
    """A release that has left the archive is listed as long as calls are on it."""
    first, second = kept
    async with runner(archive, first) as releases:
        releases.pin("a")
        releases.swap(second)
        archive.keep(second, [], keep=1)
        done = await asyncio.to_thread(lkrun, "releases", folder)
        listed = await asyncio.to_thread(lkrun, "releases", folder, "--format", "json")
    assert "    is kept only as long as it is served or calls are on it\n" in done.stdout
    row = next(r for r in json.loads(listed.stdout) if r["id"] == first.id)
    assert (row["sessions"], row["agents"], row["changed"]) == (1, ["desk"], [])


async def test_several_runners(lkrun, folder, archive, kept):
    """Runners of one folder are counted together."""
    first, second = kept
    async with runner(archive, first) as one, runner(archive, second) as other:
        one.pin("a")
        other.pin("a")
        done = await asyncio.to_thread(lkrun, "releases", folder, "--format", "json")
    assert [(r["served"], r["sessions"]) for r in json.loads(done.stdout)] == [(True, 1)] * 2


def test_colours(lkrun, folder, kept):
    """The id is bright on request, and what a sentence holds never reaches the terminal raw."""
    done = lkrun("releases", folder, "--color", "always")
    assert done.stdout.startswith(f"\x1b[1m{kept[1].id}\x1b[0m")
    assert "\x1b[31m" not in done.stdout


def test_no_home(lkrun, folder):
    """Where nothing can be kept the command says what to set."""
    done = lkrun("releases", folder, env={"HOME": "nowhere"})
    assert done.returncode == 1
    assert done.stderr == "Error: there is no home folder; set LKRUN_STATE_DIR\n"


def test_no_folder(lkrun, tmp_path):
    """A folder that is not there is wrong use."""
    assert lkrun("releases", tmp_path / "none").returncode == 2
