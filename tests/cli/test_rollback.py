"""`lkrun rollback`, as people and scripts use it."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest
from support.standing import GOOD, compiled, runner

from runner.serve.control import Enlisted

TOLD = "callers of desk hear a new greeting from host: \u201cHello.\u201d"


@pytest.fixture
def kept(folder, archive):
    """Two releases that were kept, the older one first."""
    first = compiled(folder, GOOD)
    second = compiled(folder, GOOD.replace("Hello.", "Welcome."))
    archive.keep(first, ["desk is new"])
    archive.keep(second, ["the greeting is new"])
    return first, second


async def test_going_back(lkrun, folder, archive, kept):
    """New calls get the older release, calls that are on keep theirs; what changes is told."""
    first, second = kept
    async with runner(archive, second) as releases:
        releases.pin("a")
        done = await asyncio.to_thread(lkrun, "rollback", first.id[:6], folder)
        assert done.stdout == (
            f"desk\n  {TOLD}\n\nrelease {first.id} is served until the files change\n"
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert releases.current == first
        assert releases.sessions() == {second.id: 1, first.id: 0}


async def test_the_json_document(lkrun, folder, archive, kept):
    """One object: the release, the answer of each runner, and the changes as `diff` gives them."""
    first, second = kept
    async with runner(archive, second):
        done = await asyncio.to_thread(lkrun, "rollback", first.id, folder, "--format", "json")
    result = json.loads(done.stdout)
    assert list(result) == ["release", "runners", "changes"]
    assert result["release"] == first.id
    assert [answer["result"] for answer in result["runners"]] == ["ok"]
    assert [change["sentence"] for change in result["changes"]] == [TOLD]


async def test_all_runners_go_back(lkrun, folder, archive, kept):
    """Each runner of the folder serves it, also where one served it before."""
    first, second = kept
    async with runner(archive, first) as one, runner(archive, second) as other:
        done = await asyncio.to_thread(lkrun, "rollback", first.id, folder)
        assert (done.returncode, one.current.id, other.current.id) == (0, first.id, first.id)
    assert TOLD in done.stdout


async def test_what_is_served_already(lkrun, folder, archive, kept):
    """Nothing changes, which is said, and is no mistake."""
    first, _ = kept
    async with runner(archive, first):
        done = await asyncio.to_thread(lkrun, "rollback", first.id, folder)
    assert (done.returncode, done.stdout) == (0, f"release {first.id} is served already\n")


async def test_a_runner_that_refuses(lkrun, folder, archive, kept):
    """Its reason is told, and the exit code is 1."""
    first, second = kept
    async with runner(archive, second, obeys=False):
        done = await asyncio.to_thread(lkrun, "rollback", first.id, folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: process ")
    assert done.stderr.endswith(": the disk is full\n")


async def test_a_release_that_only_a_runner_has(lkrun, folder, archive, kept):
    """A release that left the archive is found by its calls; what changes is not known then."""
    first, second = kept
    async with runner(archive, first) as releases:
        releases.pin("a")
        releases.swap(second)
        shutil.rmtree(archive.root / "releases")
        done = await asyncio.to_thread(lkrun, "rollback", first.id, folder, "--format", "json")
    assert json.loads(done.stdout)["changes"] is None


def test_nobody_is_on(lkrun, folder, kept):
    """Without a runner there is nothing to go back; the message says what to do."""
    done = lkrun("rollback", kept[0].id, folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"lkrun serve {folder} --last-good" in done.stderr


def test_a_runner_that_does_not_answer(lkrun, folder, archive, kept, tmp_path):
    """It is named, and the exit code is 1."""
    there = Enlisted(archive, tmp_path / "nowhere")
    done = lkrun("rollback", kept[0].id, folder)
    there.leave()
    assert done.returncode == 1
    assert "does not answer" in done.stderr


@pytest.mark.parametrize("release_id", ["", "zzz", "abc1234", "x" * 5000])
def test_an_unknown_release(lkrun, folder, kept, release_id):
    """An id that is not kept is wrong use; those that are kept are told."""
    done = lkrun("rollback", release_id, folder)
    assert done.returncode == 2
    assert f"the kept ones are {kept[1].id}, {kept[0].id}" in done.stderr


def test_the_id_that_was_meant(lkrun, folder, kept):
    """A slip of one digit is told with the id that is probably meant."""
    wrong = kept[0].id[:5] + ("0" if kept[0].id[5] != "0" else "1")
    done = lkrun("rollback", wrong, folder)
    assert f"did you mean '{kept[0].id}'?" in done.stderr
