"""`lkrun preview`, as people and scripts use it."""

from __future__ import annotations

import asyncio
import json
import os
import re

import pytest
from support.standing import GOOD, compiled, runner

from runner.serve.control import Enlisted
from runner.serve.socket.messages import PreviewShown

URL = "http://127.0.0.1:8090/#preview=lkpreview_abc"


@pytest.fixture
def release(folder):
    """The release of the folder."""
    return compiled(folder, GOOD)


def showing(release, *changes):
    """What a runner answers that shows it."""

    async def show():
        return PreviewShown(os.getpid(), release.id, URL, "2026-03-02T09:15:00Z", list(changes))

    return show


async def test_a_link(lkrun, folder, archive, release):
    """The address on a line of its own, until when it is good, and what is new in it."""
    changes = [f"callers of desk hear change {number}" for number in range(7)]
    async with runner(archive, release, show=showing(release, *changes)):
        done = await asyncio.to_thread(lkrun, "preview", folder)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == URL
    assert re.fullmatch(r"It is good until \d\d:\d\d, for whoever has it\.", lines[2])
    assert lines[4:] == [*(f"  {each}" for each in changes[:5]), "  and 2 more"]


async def test_nothing_is_new(lkrun, folder, archive, release):
    """It is said: callers hear the same."""
    async with runner(archive, release, show=showing(release)):
        done = await asyncio.to_thread(lkrun, "preview", folder)
    assert done.stdout.endswith("The folder says what callers hear already.\n")


async def test_the_json_document(lkrun, folder, archive, release):
    """One object: the release, the address, until when."""
    async with runner(archive, release, show=showing(release)):
        done = await asyncio.to_thread(lkrun, "preview", folder, "--format", "json")
    assert json.loads(done.stdout) == {
        "release": release.id, "url": URL, "expires": "2026-03-02T09:15:00Z",
    }  # fmt: skip


async def test_a_runner_that_refuses(lkrun, folder, archive, release):
    """Its reason is told, and the exit code is 1."""
    async with runner(archive, release):
        done = await asyncio.to_thread(lkrun, "preview", folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"error: process \d+: the disk is full\n", done.stderr)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_folder_with_mistakes(lkrun, folder, form):
    """They are shown as `check` shows them; no runner is asked."""
    (folder / "a.yaml").write_text(GOOD.replace("greeting", "greting"))
    done = lkrun("preview", folder, "--format", form)
    assert done.returncode == 1
    assert "unknown key 'greting'" in done.stdout
    assert lkrun("check", folder, "--format", form).stdout.startswith(done.stdout[:60])


@pytest.mark.usefixtures("release")
def test_nobody_is_on(lkrun, folder):
    """The message says what to start."""
    done = lkrun("preview", folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no runner of {folder} is on; start one with lkrun serve {folder}" in done.stderr


@pytest.mark.usefixtures("release")
def test_a_runner_that_does_not_answer(lkrun, folder, archive, tmp_path):
    """It is named, and the exit code is 1."""
    there = Enlisted(archive, tmp_path / "nowhere")
    done = lkrun("preview", folder)
    there.leave()
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_no_folder(lkrun, tmp_path):
    """A folder that is not there is wrong use."""
    assert lkrun("preview", tmp_path / "nothing").returncode == 2
