"""A caller who comes back: what a runner remembers of them from one dialogue to the next."""

from __future__ import annotations

import asyncio
import urllib.request
from types import SimpleNamespace

import pytest
from support.command import serving

from runner.records.database import DatabaseError
from runner.serve.child.recalling import recall_by
from runner.serve.records.recalls import Recalls
from runner.serve.socket.line import Line
from runner.serve.socket.messages import (
    FROM_CALL,
    TO_CALL,
    Recall,
    Recalled,
    TooLongError,
    write,
)
from runner.session.memory import Remembered, UnknownError

pytestmark = pytest.mark.cold

FOLDER = """
agents:
  desk:
    mode: text
    start: host
    llm: brain
    variables:
      customer:
        type: text
      guest:
        description: The guest's name
    memory:
      of: "{{ customer }}"
      keep: guest
      summary: yes
personas:
  host:
    instructions: Last time - {{ memory.summary }}
    greeting:
      say: "Welcome {{ guest or 'stranger' }}, visit {{ memory.calls + 1 }}. {{ memory.summary }}"
    tools:
      - remember
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: 'i am (?P<name>[a-z]+)'
          call:
            remember:
              guest: "{name}"
      otherwise: They wanted a room.
runner:
  data_dir: data
"""
MAI = {"customer": "+84 911"}


@pytest.fixture
def folder(tmp_path):
    """A folder whose agent has a memory."""
    place = tmp_path / "agents.d"
    place.mkdir()
    (place / "a.yaml").write_text(FOLDER)
    return place


async def end(runner, session):
    """End a session by its route: what it leaves is stored then."""
    await forget(runner, f"/v1/sessions/{session}")


async def greeted(runner, variables):
    """Begin a dialogue; the greeting and the session."""
    reply = await runner.ask("/v1/agents/desk/turns", {"text": "", "variables": variables})
    return reply["text"], reply["session_id"]


async def test_the_second_dialogue_knows_the_first(folder):
    """Name, count and summary are there at the next greeting, of nobody else, until forgotten."""
    async with serving(folder) as runner:
        text, session = await greeted(runner, MAI)
        assert text.strip() == "Welcome stranger, visit 1."
        await runner.turn("desk", "i am mai", session)
        await end(runner, session)
        path = "/v1/memory/+84%20911"
        kept = await summed_up(runner, path)
        assert kept["variables"] == {"guest": "mai"}
        text, session = await greeted(runner, MAI)
        assert text == "Welcome mai, visit 2. They wanted a room."
        await end(runner, session)
        assert (await greeted(runner, {"customer": "other"}))[0].startswith("Welcome stranger")
        assert (await greeted(runner, {}))[0].startswith("Welcome stranger")
        assert (await runner.ask(path))["calls"] == 2
        await forget(runner, path)
        assert (await greeted(runner, MAI))[0].strip() == "Welcome stranger, visit 1."


async def summed_up(runner, path):
    """What is kept, once a model has summed the call up."""
    async with asyncio.timeout(20):
        while not (kept := await runner.ask(path))["summary"]:  # noqa: ASYNC110 - the runner's process tells nobody
            await asyncio.sleep(0.05)
    return kept


async def forget(runner, path):
    """Forget a caller by the route."""

    def asked():
        request = urllib.request.Request(runner.front + path, method="DELETE")  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            assert answer.status == 204

    await asyncio.to_thread(asked)


async def test_a_database_that_is_away_costs_no_caller_anything(folder, tmp_path):
    """The dialogue begins with nothing remembered, and the log says why."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "records.db").write_text("Dear diary " * 100)
    async with serving(folder) as runner:
        text, session = await greeted(runner, MAI)
        assert text.strip() == "Welcome stranger, visit 1."
        assert (await runner.turn("desk", "hello", session))["text"] == "They wanted a room."
        async with asyncio.timeout(20):
            while not begins_without(await runner.event("log")):
                pass


def begins_without(event):
    """Whether the log says that a call begins with nothing remembered."""
    return event["message"].startswith("memory: the call begins with nothing remembered: ")


class Wire:
    """A connection to nobody: what is sent is kept."""

    def __init__(self, wrong=None):
        self.sent = []
        self.wrong = wrong

    def send(self, message):
        if self.wrong is not None:
            raise self.wrong
        self.sent.append(message)

    async def messages(self, _kinds):
        for number in [each.id for each in self.sent]:
            yield Recalled(number, 1, 2.0, "about", {"guest": "mai"})


async def test_a_process_asks_main():
    """The question goes out over the call socket; its answer is what the conversation has."""
    line = Line(wire := Wire(), TO_CALL)
    asking = asyncio.create_task(recall_by(line, "c-1")("+84"))
    await asyncio.sleep(0)
    (question,) = wire.sent
    assert FROM_CALL.read(write(question)) == Recall("c-1", question.id, "+84")
    await line.listen()
    assert await asking == Remembered(1, 2.0, "about", {"guest": "mai"})
    with pytest.raises(UnknownError, match="the runner is gone"):
        await recall_by(line, "c-1")("+84")


async def test_a_runner_that_goes_is_no_answer():
    """Who waits for an answer when main goes is told so at once; who asks too much, as well."""
    line = Line(wire := Wire(), TO_CALL)
    asking = asyncio.create_task(line.recall("c-1", "+84"))
    await asyncio.sleep(0)
    wire.sent.clear()
    await line.listen()
    assert (await asking).problem == "the runner is gone"
    long = Line(Wire(TooLongError("it is too long")), TO_CALL)
    assert (await long.recall("c-1", "x")).problem == "it is too long"


def test_a_memory_that_is_too_long_is_none():
    """What does not fit on a line of the call socket is told as a problem."""
    line = write(Recalled(3, 1, 2.0, "x" * 17_000_000))
    assert TO_CALL.read(line) == Recalled(3, problem="it is too long")


def away():
    """A database that cannot be used."""
    raise DatabaseError("the server is gone")


@pytest.mark.parametrize(
    ("up", "begun", "call", "answer"),
    [
        (True, True, "desk", Recalled(1, problem="the server is gone")),
        (True, False, "desk", Recalled(1)),
        (False, True, "desk", Recalled(1, problem="the database does not answer")),
        (True, True, None, Recalled(1, problem="the call has ended")),
    ],
)
async def test_main_says_why_nothing_is_known(up, begun, call, answer):
    """A database that is away, or was so just now, is told; where none has begun, nothing is."""
    place = SimpleNamespace(begun=lambda: begun, database=away)
    recalls = Recalls(SimpleNamespace(up=up, place=place))
    info = SimpleNamespace(agent=call) if call is not None else None
    await recalls.answer(wire := Wire(), Recall("c-1", 1, "+84"), info)
    assert wire.sent == [answer]
