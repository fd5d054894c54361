"""A caller who leaves: the call ends at once, or waits for their return."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from livekit import rtc
from support.voice_folder import PLAIN, said

from runner.egress.port import ToolResponse
from runner.session.clock import SimulatedClock
from runner.session.observers.departure import Departure

HUNG_UP = rtc.DisconnectReason.CLIENT_INITIATED
LOST = rtc.DisconnectReason.SIGNAL_CLOSE
ROOM_GONE = rtc.DisconnectReason.ROOM_DELETED


def person(identity="caller", reason=HUNG_UP):
    return SimpleNamespace(identity=identity, disconnect_reason=reason)


@pytest.fixture
def seen(load):
    """A call in a room whose participants come and go, and what it noticed."""

    def begin(room="", linked="caller"):
        block = f"    room:\n{room}" if room else ""
        release = load(PLAIN.replace("    tools:\n", f"{block}    tools:\n", 1))
        clock, gone = SimulatedClock(datetime(2026, 11, 30, tzinfo=UTC)), []
        talked = SimpleNamespace(linked_participant=person(linked) if linked else None)
        call = SimpleNamespace(
            bound=SimpleNamespace(release=release),
            clock=clock,
            session=SimpleNamespace(room_io=talked),
            outgoing=SimpleNamespace(dialling=False),
            transferring=None,
        )
        departure = Departure(call, lambda: gone.append(clock.time()))
        departure.watch(rtc.Room(), "caller")
        return SimpleNamespace(departure=departure, clock=clock, gone=gone, io=talked)

    return begin


WAIT = "      wait_for_return: 10s\n"


@pytest.mark.proves("Room.close_on_disconnect")
@pytest.mark.parametrize(
    ("room", "who", "ends"),
    [
        ("", person(), True),
        ("", person(reason=ROOM_GONE), True),
        ("", person(reason=LOST), False),
        ("", person("somebody else"), False),
        ("      close_on_disconnect: no\n", person(), False),
        (WAIT, person(reason=ROOM_GONE), True),
        (WAIT, person(), False),
    ],
)
async def test_who_leaves_ends_the_call(seen, room, who, ends):
    """The caller who hangs up ends the call at once; others, and a lost connection, do not."""
    call = seen(room)
    call.departure.left(who)
    assert bool(call.gone) is ends


async def test_the_caller_is_known_though_livekit_has_forgotten_them(seen):
    """LiveKit may be told first, and then has no participant linked."""
    call = seen(linked=None)
    call.departure.left(person())
    assert call.gone


@pytest.mark.proves("Room.wait_for_return")
async def test_who_comes_back_finds_the_agent(seen):
    """Within the time the call goes on; after it, or after a second departure, it ends."""
    call = seen(WAIT)
    call.departure.left(person())
    call.clock.advance(9)
    call.departure.came(person("somebody else"))
    call.departure.came(person())
    call.clock.advance(20)
    assert not call.gone
    call.departure.left(person())
    call.clock.advance(9.9)
    assert not call.gone
    call.clock.advance(0.2)
    assert len(call.gone) == 1


async def test_nobody_is_waited_for_after_the_end(seen):
    """A call that has ended meanwhile is not ended once more."""
    call = seen(WAIT)
    call.departure.left(person())
    call.departure.stop()
    call.clock.advance(20)
    assert not call.gone


TOOL = """\
tools:
  book:
    description: Book it.
    http:
      method: METHOD
      url: https://service.example/book
providers:
"""


@pytest.fixture
def slow(begin):
    """Begin a call whose tool is being asked for something that takes long."""

    async def start(method, channel):
        folder = PLAIN.replace("providers:\n", TOOL.replace("METHOD", method), 1)
        folder = folder.replace("      - wait\n", "      - wait\n      - book\n")
        folder = folder.replace("call: wait", "call: book")
        talk = await begin(folder, channel=channel)
        talk.asked, talk.go, talk.done = asyncio.Event(), asyncio.Event(), []

        async def ask(_):
            talk.asked.set()
            try:
                await talk.go.wait()
            except asyncio.CancelledError:
                talk.done.append("given up")
                raise
            talk.done.append("done")
            return ToolResponse(ok=True, output="booked")

        talk.service.ask = ask
        return talk

    return start


@pytest.mark.parametrize(
    ("method", "comes_to"), [("GET", "given up"), ("HEAD", "given up"), ("POST", "done")]
)
@pytest.mark.parametrize("channel", ["voice", "text"])
async def test_no_tool_holds_a_call_whose_caller_has_left(slow, method, comes_to, channel):
    """The call ends while the service works; a question is given up, an order is finished."""
    talk = await slow(method, channel)
    if channel == "voice":
        await talk.until(said("Good day."))
        talk.conversation.session.generate_reply(user_input="moment")
        await talk.asked.wait()
        talk.conversation._parts.ending.left()
        assert await talk.conversation.ended == "caller_left"
    else:
        turn = asyncio.ensure_future(talk.conversation.turn("moment"))
        await talk.asked.wait()
        await talk.conversation.end("caller_left")
        await turn
    assert talk.done == (["given up"] if comes_to == "given up" else [])
    talk.go.set()
    await talk.conversation.finish_requests()
    assert talk.done == [comes_to]
    assert talk.events[-1]["reason"] == "caller_left"
