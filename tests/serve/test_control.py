"""Commands to running runners, over their call sockets."""

from __future__ import annotations

import asyncio
import os

import pytest

from runner.serve.control import Enlisted, ask, running
from runner.serve.releases.archive import Archive
from runner.serve.socket.messages import (
    TO_CALL,
    UNREACHED,
    CallHello,
    CommandResult,
    ControlHello,
    Gone,
)
from runner.serve.socket.peer import Peer

RELEASES = ControlHello("releases")


@pytest.fixture
def archive(folder, tmp_path):
    """The archive of the folder."""
    return Archive(folder, tmp_path / "state" / "archive")


@pytest.fixture
def rolled():
    """The ids that were gone back to."""
    return []


@pytest.fixture
def control(socket, archive, rolled):
    """A runner that obeys, and is found by its folder."""

    async def roll(release_id):
        rolled.append(release_id)
        if release_id == "bad":
            raise ValueError(release_id)
        return CommandResult(os.getpid(), "ok", release_id, "served")

    socket.roll = roll
    enlisted = Enlisted(archive, socket.path)
    yield enlisted
    enlisted.leave()


@pytest.mark.usefixtures("control")
async def test_what_is_on(archive, releases, release, changed):
    """A runner tells what it serves, how many are on each release, and since when."""
    releases.pin("a")
    releases.pin("b")
    after = changed("Welcome", "Good day")
    releases.swap(after)
    (answer,) = await ask(archive, RELEASES)
    assert answer.pid == os.getpid()
    assert answer.current == after.id
    assert answer.sessions == {release.id: 2, after.id: 0}
    assert answer.agents[release.id] == ["desk", "shop"]
    assert answer.times[after.id].endswith("Z")


@pytest.mark.usefixtures("control")
async def test_going_back(archive, rolled):
    """The runner is asked for the release, and its answer is handed on."""
    (answer,) = await ask(archive, ControlHello("rollback", "abc"))
    assert answer == CommandResult(os.getpid(), "ok", "abc", "served")
    assert rolled == ["abc"]


@pytest.mark.usefixtures("control")
async def test_going_back_that_fails(archive, release):
    """A bug while going back is an answer, too."""
    (answer,) = await ask(archive, ControlHello("rollback", "bad"))
    assert (answer.result, answer.release) == ("rejected", release.id)
    assert "bug in lkrun" in answer.message


@pytest.mark.usefixtures("control")
async def test_a_strange_command(archive):
    """What is not known is refused."""
    (answer,) = await ask(archive, ControlHello("dance"))
    assert (answer.result, answer.message) == ("rejected", "'dance' is not known here")


@pytest.mark.usefixtures("control")
async def test_all_runners_are_asked(archive, socket):
    """Each runner of the folder answers; one that has left is not asked."""
    second = Enlisted(archive, socket.path)
    assert len(await ask(archive, RELEASES)) == 2
    second.leave()
    assert len(await ask(archive, RELEASES)) == 1
    assert len(list(archive.runners.iterdir())) == 1


async def test_without_an_archive_nobody_is_on(archive):
    """Looking for runners makes no folder."""
    assert await ask(archive, RELEASES) == []
    assert not archive.root.exists()


def test_what_a_killed_runner_left_is_removed(archive, short):
    """The file of a runner that died is free, and goes."""
    child = os.fork()
    if child == 0:
        try:
            Enlisted(archive, short / "calls")
        finally:
            os._exit(9)
    os.waitpid(child, 0)
    assert len(list(archive.runners.iterdir())) == 1
    assert running(archive) == []
    assert list(archive.runners.iterdir()) == []


def test_a_file_that_says_nothing(archive, short):
    """A runner whose file is damaged is not asked, and keeps its file."""
    there = Enlisted(archive, short / "calls")
    assert running(archive) == [(os.getpid(), str(short / "calls"))]
    (path,) = archive.runners.iterdir()
    path.write_text("[]")
    assert running(archive) == []
    assert path.exists()
    there.leave()
    there.leave()
    assert list(archive.runners.iterdir()) == []


async def test_a_runner_that_is_not_reached(archive, short):
    """Where nobody listens the answer says so."""
    there = Enlisted(archive, short / "calls")
    (answer,) = await ask(archive, RELEASES)
    assert (answer.pid, answer.result) == (os.getpid(), UNREACHED)
    assert answer.message == f"the runner with process id {os.getpid()} does not answer"
    there.leave()


@pytest.mark.parametrize("says", [b"", b"no JSON\n", b'{"pid": 1}\n', None])
async def test_a_runner_that_says_nothing_of_use(archive, short, says):
    """One that hangs up, breaks the rules or stays silent has not answered."""
    over = asyncio.Event()

    async def serve(reader, writer):
        await reader.readline()
        if says is None:
            await over.wait()
        writer.write(says or b"")
        writer.close()

    server = await asyncio.start_unix_server(serve, short / "calls")
    there = Enlisted(archive, short / "calls")
    (answer,) = await ask(archive, RELEASES, 0.2 if says is None else 5)
    assert answer.result == UNREACHED
    over.set()
    there.leave()
    server.close()
    await server.wait_closed()


@pytest.mark.usefixtures("control")
async def test_other_roles_are_untouched(socket):
    """The switchboard still refuses calls that it does not know."""
    peer = await Peer.connect(str(socket.path))
    peer.send(CallHello("unknown"))
    assert await peer.receive(TO_CALL) == Gone()
    await peer.close()


def test_no_place_to_be_found(folder, tmp_path):
    """Where the archive cannot be made a runner cannot be found, which is an `OSError`."""
    (tmp_path / "state").write_text("")
    with pytest.raises(OSError):  # noqa: PT011 - its kind is the system's
        Enlisted(Archive(folder, tmp_path / "state" / "archive"), tmp_path / "calls")
