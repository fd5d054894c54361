"""A provider that blocks its process or never answers, met by the text dialogues."""

from __future__ import annotations

import asyncio
import os
import signal
import urllib.error

import psutil
import pytest
from support import stuck
from support.command import serving
from support.waiting import until

from runner.cache import Cache
from runner.compiler import Compiler
from runner.front.port import DialogueError
from runner.serve.sessions import answers, dialogues, texthost
from runner.serve.sessions import hosts as pool


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose agent has the provider."""
    site = tmp_path / "site"
    stuck.install(site)
    monkeypatch.syspath_prepend(site)
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "a.yaml").write_text(stuck.FOLDER)
    return folder


@pytest.fixture
def compiler(folder):
    """Its compiler."""
    return Compiler(folder, cache=Cache())


@pytest.fixture
def hosts(texts, socket):
    """All text hosts, of dialogues whose call socket listens."""
    assert socket
    return lambda: texts.hosts.all


@pytest.fixture
def begin(texts, socket):
    """Begins a dialogue; gives its id."""
    assert socket

    async def begin():
        return (await texts.turn("stuck", "", None, None, None)).session_id

    return begin


@pytest.fixture
def say(texts):
    """Says something, without waiting for the answer."""
    return lambda session, text: asyncio.ensure_future(
        texts.turn("stuck", text, session, None, None)
    )


async def refused(turn):
    """How a turn was refused."""
    with pytest.raises(DialogueError) as error:
        await asyncio.wait_for(turn, 20)
    return error.value.code


async def test_a_blocked_host_is_replaced_and_its_dialogues_are_told(texts, hosts, begin, say, log):
    """Who waits, and who writes later, is told; the next dialogue begins in another host."""
    session, other = await begin(), await begin()
    (host,) = hosts()
    waiting, beside = say(session, "block 1000"), say(other, "hello")
    await until(lambda: log.named("provider_blocked"))
    assert texts.hosts.not_ready() is None
    while host.answers:
        texts.look()
    assert texts.hosts.not_ready() == "the process for text dialogues does not answer"
    while not host.dead:
        texts.look()
    assert await refused(waiting) == await refused(beside) == "agent_unavailable"
    assert await refused(say(session, "hello")) == "ended"
    assert (await texts.turn("stuck", "hello", None, None, None)).text == "You said hello."
    assert texts.hosts.not_ready() is None
    await asyncio.wait_for(host.process.wait(), 20)
    (event,) = log.named("text_host_replaced")
    assert event["sessions"] == sorted([session, other])
    assert [e["reason"] for e in log.named("session_ended")] == ["hung", "hung"]


async def test_it_is_told_who_blocks_and_for_how_long(begin, say, log):
    """The log names provider, package, agent and persona, while it lasts and at the end."""
    session = await begin()
    answer = await asyncio.wait_for(say(session, "block 3"), 30)
    assert answer.text == "You said block 3."
    await until(lambda: len(log.named("provider_blocked")) == 2)
    first, last = log.named("provider_blocked")
    names = {"provider": "llm 'stuck'", "package": "lkrun-stuck 1.5", "agent": "stuck"}
    assert names.items() <= first.items()
    assert (first["persona"], first["session"], first["module"]) == ("host", session, "lkrun_stuck")
    assert (first["over"], last["over"]) == (False, True)
    assert 2 <= first["seconds"] <= last["seconds"] <= 4


async def test_a_host_that_answers_late_is_kept(texts, hosts, begin, say):
    """A short block is no death."""
    session = await begin()
    (host,) = hosts()
    waiting = say(session, "block 1")
    for _ in range(texthost._DEAD):
        texts.look()
    await asyncio.wait_for(waiting, 20)
    await until(lambda: host.unanswered == 0)
    texts.look()
    assert hosts() == [host]


async def test_a_hanging_turn_is_ended_by_its_budget(texts, hosts, begin, say, log):
    """Where the conversation does not end the turn itself the dialogue is ended."""
    session = await begin()
    waiting = say(session, "hang")
    await until(lambda: session in texts.answers.since)
    texts.look()
    assert not waiting.done()
    texts.answers.since[session] -= 60 + dialogues._GRACE + 1
    texts.look()
    assert await refused(waiting) == "agent_unavailable"
    assert [e["reason"] for e in log.named("session_ended")] == ["hung"]
    assert not hosts()[0].dialogues


async def test_a_turn_behind_others_has_its_own_budget(texts, begin, say):
    """Turns queue, and each has its time from when it is begun."""
    session = await begin()
    first, second = say(session, "block 1"), say(session, "hello")
    await until(lambda: session in texts.answers.since)
    since = texts.answers.since[session]
    await first
    assert texts.answers.since.get(session, since + 1) > since
    await second
    assert session not in texts.answers.since


async def test_ending_a_hanging_dialogue_frees_it_at_once(texts, begin, say, calls, releases):
    """`DELETE` gives its place and its release back, and who waits is told."""
    session = await begin()
    waiting = say(session, "hang")
    await until(lambda: session in texts.answers.since)
    texts.end(calls.get(session))
    assert await refused(waiting) == "ended"
    assert calls.all() == []
    assert releases.sessions() == {releases.current.id: 0}


async def test_settled_waits_for_no_host_that_does_not_answer(texts, hosts, begin, say):
    """Who ends the runner waits for answers that come."""
    session = await begin()
    waiting = say(session, "block 1000")
    await until(lambda: texts.answers.waiting)
    while hosts()[0].answers:
        texts.look()
    await asyncio.wait_for(texts.settled(), 1)
    await asyncio.wait_for(texts.stop(), 10)
    assert await refused(waiting) == "draining"


async def test_settled_waits_for_a_while_only(texts, begin, say, monkeypatch):
    """A turn that hangs in a host that answers holds nobody up for long."""
    monkeypatch.setattr(answers, "_LAST", 0.2)
    session = await begin()
    waiting = say(session, "hang")
    await until(lambda: session in texts.answers.since)
    await asyncio.wait_for(texts.settled(), 5)
    await asyncio.wait_for(texts.stop(), 10)
    assert await refused(waiting) == "draining"


async def test_what_nobody_waits_for_is_stopped(begin, say):
    """A client that goes away ends a reply without end; the dialogue can go on."""
    session = await begin()
    before = say(session, "block 1")
    waiting = say(session, "flood")
    await before
    waiting.cancel()
    answer = await asyncio.wait_for(say(session, "hello"), 20)
    assert answer.text == "You said hello."


async def test_many_dialogues_have_several_hosts(hosts, begin, monkeypatch):
    """Another host is started when one has as many as it should, up to a bound."""
    monkeypatch.setattr(pool, "A_HOST", 2)
    monkeypatch.setattr(pool, "HOSTS", 2)
    for _ in range(2):
        await begin()
    await until(lambda: len([host for host in hosts() if host.peer]) == 2)
    for _ in range(4):
        await begin()
    assert sorted(len(host.dialogues) for host in hosts()) == [3, 3]


def gone(process):
    """Whether a process has ended, although nobody has heard of its end."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.usefixtures("own_cache")
async def test_a_blocked_host_does_not_outlive_the_main_process(folder):
    """Killed with `kill -9`, the main process leaves nobody behind."""
    async with serving(folder) as command:
        session = (await command.turn("stuck"))["session_id"]
        (host,) = psutil.Process(command.process.pid).children()
        turn = asyncio.ensure_future(command.turn("stuck", "block 1000", session))
        await command.event("provider_blocked")
        command.process.kill()
        await until(lambda: gone(host))
        with pytest.raises(OSError):  # noqa: PT011 - its kind is the system's
            await turn
        await command.process.wait()
        command.ends_with = -signal.SIGKILL


@pytest.mark.usefixtures("own_cache")
async def test_a_signal_ends_the_runner_in_seconds(folder):
    """Although a provider blocks, and somebody waits for its answer."""
    async with serving(folder) as command:
        session = (await command.turn("stuck"))["session_id"]
        turn = asyncio.ensure_future(command.turn("stuck", "block 1000", session))
        await command.event("provider_blocked")
        began = asyncio.get_running_loop().time()
        command.process.terminate()
        await command.process.wait()
        assert asyncio.get_running_loop().time() - began < 15
        with pytest.raises(urllib.error.HTTPError) as error:
            await turn
        error.value.close()
        assert error.value.code == 503


async def test_a_provider_that_cannot_be_built_is_told_once(folder, texts, socket, caplog):
    """Who asks gets `agent_unavailable`, and the log one line, with the reason."""
    assert socket
    file = folder / "a.yaml"
    file.write_text(
        file.read_text().replace("llm: stuck\n", "llm: stuck\n    with:\n      refuses: yes\n")
    )
    texts._openings._welcomes._releases.swap(Compiler(folder, cache=Cache()).compile().release)
    assert await refused(texts.turn("stuck", "hello", None, None, None)) == "agent_unavailable"
    lines = [r.getMessage() for r in caplog.records if "the service wants money" in r.getMessage()]
    assert len(lines) == 1
    assert texts._calls.all() == []
