"""`interruptible: no`: the caller's words wait for a tool, or for the words that follow it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from livekit.agents import ChatContext
from support.voice_folder import FOLDER, said
from support.wild import Wild

from runner.egress.port import ToolResponse

TOOLS = """
tools:
  pay:
    description: Pay.
    interruptible: no
    http:
      url: https://pay.example/
      method: POST
  note:
    description: Note it.
    set:
      noted: "yes"
    then:
      - instructions: Say that it is noted.
        interruptible: INTERRUPTIBLE
"""
EXTRA = """\
      - pay
      - note
    variables:
      noted:
        type: yes_no
"""
OK = ToolResponse(ok=True, output="Paid, number 7.")


def folder(interruptible="no"):
    text = FOLDER.replace("EXTRA\n", EXTRA).replace("      TURNS\n", "")
    return text + TOOLS.replace("INTERRUPTIBLE", interruptible).lstrip("\n")


class Slow:
    """A service that answers when it is told to."""

    def __init__(self, talk):
        self.begun, self.free = asyncio.Event(), asyncio.Event()
        talk.conversation._call.egress = self

    async def ask(self, _ask):
        self.begun.set()
        await self.free.wait()
        return OK


@pytest.fixture
async def paying(begin):
    """A call by voice whose tool is at work."""
    model = Wild([("pay", "{}")], "It is paid.", "You are welcome.")
    talk = await begin(folder(), channel="voice", models={"brain": model})
    await talk.until(said("Good day."))
    slow = Slow(talk)
    talk.conversation.session.generate_reply(user_input="Pay it.")
    await slow.begun.wait()
    return talk, slow


@pytest.mark.proves("WaitingTool.interruptible")
async def test_what_is_said_waits_until_the_tool_is_done(paying):
    """The turn is taken when the tool has answered and that has been told; it knows of it."""
    talk, slow = paying
    agent = talk.conversation.session.current_agent
    turn, words = ChatContext.empty(), ChatContext.empty().add_message(role="user", content="Wait")
    taken = asyncio.create_task(agent.on_user_turn_completed(turn, words))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not taken.done()
    slow.free.set()
    await taken
    assert talk.events.texts[-1] == "It is paid."
    assert "Paid, number 7." in str(turn.to_dict())


async def test_what_is_written_by_voice_waits_as_well(paying):
    """A text in the room interrupts nothing of it, and is answered afterwards."""
    talk, slow = paying
    session = talk.conversation.session
    written = asyncio.create_task(
        talk.conversation._parts.written.take(session, SimpleNamespace(text="Thanks."))
    )
    for _ in range(20):
        await asyncio.sleep(0)
    assert not written.done()
    slow.free.set()
    await talk.until(said("You are welcome."))
    assert talk.events.texts[-2:] == ["It is paid.", "You are welcome."]


class Written:
    """A room in which a text is there before its writer."""

    def __init__(self):
        self.handler = self.known = "LiveKit's own"

    def unregister_text_stream_handler(self, _topic):
        self.known, self.handler = self.handler, None

    def register_text_stream_handler(self, _topic, handler):
        assert self.handler is None
        self.handler = handler


class Text:
    """One text, as LiveKit hands it over."""

    def __init__(self, text):
        self.text = text

    async def read_all(self):
        if self.text is None:
            raise ConnectionError("cut off")
        return self.text


async def test_a_text_that_is_there_before_its_writer_is_answered(begin, caplog):
    """Who comes back may write at once; what others write, or do not finish, is left."""
    talk = await begin(folder(), channel="voice", models={"brain": Wild("Back again?")})
    await talk.until(said("Good day."))
    room = Written()
    talk.conversation._parts.written.register(room, talk.conversation.session, only="caller")
    room.handler(Text("I am somebody else."), "somebody else")
    room.handler(Text(None), "caller")
    room.handler(Text("I am back."), "caller")
    await talk.until(said("Back again?"))
    assert [m["text"] for m in talk.events if m.get("role") == "user"] == ["I am back."]
    assert "a text could not be taken: ConnectionError" in caplog.text


async def test_other_tools_let_the_caller_speak(begin):
    """Without the key nothing waits."""
    talk = await begin(
        folder(), channel="voice", models={"brain": Wild([("note", "{}")], "Noted.")}
    )
    await talk.until(said("Good day."))
    agent = talk.conversation.session.current_agent
    words = ChatContext.empty().add_message(role="user", content="Wait")
    await agent.on_user_turn_completed(ChatContext.empty(), words)
    assert talk.conversation._call.held == {}


@pytest.mark.parametrize(("written", "allowed"), [("no", False), ("yes", True)])
async def test_the_last_instructions_of_then_are_spoken_to_their_end(begin, written, allowed):
    """`interruptible: no` holds for the reply that the model gives with the tool's answer."""
    model = Wild([("note", "{}")], "It is noted.")
    talk = await begin(folder(written), channel="voice", models={"brain": model})
    await talk.until(said("Good day."))
    speech = talk.conversation.session.generate_reply(user_input="Note it.")
    await talk.until(said("It is noted."))
    assert speech.allow_interruptions is allowed
