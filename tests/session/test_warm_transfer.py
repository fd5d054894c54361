"""A warm transfer: whom LiveKit's task calls, how it briefs them, and what comes of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from livekit.agents import ToolError
from livekit.agents.beta.workflows.warm_transfer import WarmTransferResult

from runner.session import Caller, CallFacts
from runner.session.telephone import warm
from runner.session.telephone.port import Reached, RingUp
from runner.session.telephone.together import Moved

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    phone:
      trunk: ST_agent
      from: "+442079460001"
    keypad:
      "1":
        transfer_call:
          to: "+442079460018"
          how: warm
      "2":
        transfer_call:
          to: sip:desk@pbx.example
          how: warm
          ring_for: 20s
          press_keys: "ww{{ '204' }}#"
          trunk: ST_own
          from: "+442079460002"
          headers:
            X-Who: "{{ caller.phone }}"
          hold_sound: no
          instructions: Say that {{ caller.phone }} calls.
      "3":
        transfer_call:
          to: "+442079460018"
          how: warm
          hold_sound: city
personas:
  host:
    instructions: You are the desk.
    greeting:
      say: Hello.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: bye
          say: Bye.
      otherwise: Which number?
"""

CALLER = CallFacts(caller=Caller("sip_1", kind="sip", phone="+442079460000"))


class Line:
    """A telephone at which nobody answers."""

    def __init__(self) -> None:
        self.wishes = []

    async def ring_up(self, wish):
        self.wishes.append(wish)
        return Reached("no_answer", "nobody picked up", 480)


@pytest.fixture
async def desk(begin, monkeypatch):
    """A call in a room, and the tasks that it begins: each rings, and joins no room of its own."""
    talk = await begin(FOLDER, facts=CALLER)
    call, tasks = talk.conversation._call, []
    call.room, call.transfers = SimpleNamespace(name="room"), Line()

    async def dial(task):
        tasks.append(task)
        await task._originate_human_agent(room_name="its-own", identity="person", room=None)

    async def no_sound(task):
        task._set_io_enabled(False)
        return False

    monkeypatch.setattr(warm.Briefing, "_dial_human_agent", dial)
    monkeypatch.setattr(warm.Briefing, "_hold", no_sound)
    await talk.say("Hello, I am Ann.")
    talk.tasks = tasks
    return talk


async def test_the_agent_s_own_trunk_and_number_are_used(desk):
    """Nothing more need be said than whom to call; the person is in a room beside the caller's."""
    events = await desk.press("1")
    (wish,) = desk.conversation._call.transfers.wishes
    assert wish == RingUp("+442079460018", "its-own", "person", 30.0, "ST_agent", "+442079460001")
    assert events.texts == ["Sorry, I could not put you through."]


@pytest.mark.proves(
    "Transfer.press_keys", "Transfer.trunk", "Transfer.from", "Transfer.hold_sound",
    "Transfer.instructions",
)  # fmt: skip
async def test_all_that_is_written_counts(desk):
    """Keys, trunk, number and headers go with it; the model is told how to brief."""
    await desk.press("2")
    (wish,) = desk.conversation._call.transfers.wishes
    assert (wish.to, wish.seconds, wish.keys) == ("sip:desk@pbx.example", 20.0, "ww204#")
    assert (wish.trunk, wish.caller_id) == ("ST_own", "+442079460002")
    assert wish.headers == {"X-Who": "+442079460000"}
    (task,) = desk.tasks
    told = str(task.instructions)
    assert "Caller: Hello, I am Ann." in told
    assert told.rstrip().endswith("Say that +442079460000 calls.")
    assert task._hold_audio is None
    await desk.press("3")
    assert "city" in str(desk.tasks[1]._hold_audio.source).casefold()


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (WarmTransferResult("human-agent-sip"), "answered"),
        (ToolError("voicemail detected"), "mailbox"),
        (ToolError("human agent declined to connect: busy"), "declined"),
        (ToolError("room closed: CLIENT_INITIATED"), "hung_up"),
    ],
)
async def test_what_livekit_says_came_of_it(desk, result, reason):
    """The person takes the call, is a machine, does not want it, or hangs up."""
    await desk.press("1")
    (task,) = desk.tasks
    task._outcome = asyncio.get_running_loop().create_future()
    task.complete(result)
    assert task._outcome.result().reason == reason


@pytest.mark.parametrize("end", ["caller_left", "shutdown"])
async def test_the_call_ends_meanwhile(desk, monkeypatch, end):
    """The caller hangs up, or the runner stops: nobody is called or briefed any longer."""
    call, ringing = desk.conversation._call, asyncio.Event()

    async def for_ever(_task):
        ringing.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(warm.Briefing, "_dial_human_agent", for_ever)
    pressing = asyncio.create_task(desk.press("1"))
    await ringing.wait()
    await desk.conversation.end(end)
    await pressing
    (event,) = [e for e in desk.events if e["type"] == "transfer" and e["state"] == "failed"]
    assert event["reason"] == "caller_left"
    assert call.over


class Room:
    """A room whose events are told by hand."""

    def __init__(self) -> None:
        self.heard = {}

    def on(self, event, listener):
        self.heard[event] = listener


async def test_they_have_parted_when_one_hangs_up():
    """Who else leaves the room is nobody's business."""
    room = Room()
    together = Moved(room, ("sip_1", "human-agent-sip"))
    parted = asyncio.create_task(together.parted())
    room.heard["participant_disconnected"](SimpleNamespace(identity="somebody"))
    await asyncio.sleep(0)
    assert not parted.done()
    room.heard["participant_disconnected"](SimpleNamespace(identity="human-agent-sip"))
    await parted
