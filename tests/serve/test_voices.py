"""Calls by voice that the front holds itself, as the main process sees them."""

from __future__ import annotations

import asyncio
import base64

import pytest
from support.waiting import until

from runner.front.port import DialogueError
from runner.serve.sessions import voices as module
from runner.serve.sessions.voices import VoiceLine
from runner.serve.socket.messages import TO_CALL, End, Said, Signal, Sound, Welcome

SECOND = bytes(2 * 16_000)


@pytest.fixture
def line(voices, calls):
    """A call whose process is a peer of the test's."""
    call = calls.begin("voice_1", "desk", "call")
    made = voices._lines[call.id] = VoiceLine(call, 16_000, voices._hang)
    return made


@pytest.fixture
async def peer(phone, line):  # noqa: ARG001 - the call must have begun
    """Its process."""
    made = await phone("voice_1")
    assert isinstance(await made.receive(TO_CALL), Welcome)
    return made


async def test_what_the_caller_does_reaches_the_process(line, peer):
    """Sound, texts and keys, in their order."""
    assert line.hear(b"\1\0\2\0")
    line.say("hello")
    line.press("12#")
    assert await peer.receive(TO_CALL) == Sound("voice_1", base64.b64encode(b"\1\0\2\0").decode())
    assert await peer.receive(TO_CALL) == Said("voice_1", "hello")
    assert await peer.receive(TO_CALL) == Said("voice_1", "", "12#")


async def test_what_the_process_says_reaches_the_caller(line, peer, voices, switchboard, calls):
    """Sound, signals and events in their order; last of all how it ended."""
    switchboard.on_voice = voices.take
    peer.send(Signal("voice_1", {"type": "speaking", "who": "agent"}))
    peer.send(Sound("voice_1", base64.b64encode(b"\3\0").decode()))
    await until(lambda: line.coming.qsize() == 2)
    calls.answer(line.call)
    calls.take(line.call, {"type": "message", "turn": 1, "text": "Good day."})
    await peer.close()
    pieces = [piece async for piece in line.frames()]
    assert pieces == [
        {"type": "speaking", "who": "agent"},
        b"\3\0",
        {"type": "message", "turn": 1, "text": "Good day."},
        {"turn": 1, "type": "end", "reason": "crashed"},
    ]


async def test_an_end_that_was_told_is_told_once(line, calls):
    """The process says how the call ended before it goes."""
    calls.take(line.call, {"type": "end", "turn": 2, "reason": "end_call"})
    calls.end("voice_1", "end_call")
    pieces = [piece async for piece in line.frames()]
    assert pieces == [{"type": "end", "turn": 2, "reason": "end_call"}]


async def test_who_hangs_up_has_left(line, peer):
    """However often it is said."""
    line.hang_up()
    line.hang_up()
    line.say("x")
    assert await peer.receive(TO_CALL) == End("voice_1", "caller_left")
    assert isinstance(await peer.receive(TO_CALL), Said)


async def test_who_hangs_up_before_the_process_is_there_has_left(line, phone):
    """It is told as it comes."""
    line.hang_up()
    peer = await phone("voice_1")
    assert isinstance(await peer.receive(TO_CALL), Welcome)
    assert await peer.receive(TO_CALL) == End("voice_1", "caller_left")


async def test_nobody_speaks_faster_than_time_passes(line):
    """Two seconds may be ahead; what is more is not taken, and nothing is held for it."""
    assert line.hear(SECOND)
    assert line.hear(SECOND[:-3200])
    assert not line.hear(SECOND)
    line.began -= 1  # a second passes
    assert line.hear(SECOND)
    line.began -= 3600  # who was silent for an hour has not saved it up
    assert line.hear(SECOND * 3)
    assert line.hear(SECOND)
    assert not line.hear(SECOND)


async def test_who_takes_nothing_is_gone(line, peer, monkeypatch):
    """What they do not take is bounded."""
    monkeypatch.setattr(module, "_MOST", 3)
    for _ in range(4):
        line.put(b"\0\0")
    assert line.coming.qsize() == 3
    assert await peer.receive(TO_CALL) == End("voice_1", "caller_left")


@pytest.mark.parametrize(
    ("agent", "code"), [("nobody", "unknown_agent"), ("desk", "bad_request"), ("desk", "full")]
)
async def test_a_call_that_cannot_be_is_refused(voices, calls, agent, code):
    """An agent that is unknown, writes only, or has as many calls as it may have."""
    if code == "full":
        for number in range(2):
            calls.begin(str(number), "desk", "call")
    with pytest.raises(DialogueError) as caught:
        await voices.begin(agent, 24_000)
    assert caught.value.code == code


async def test_nobody_is_let_in_who_comes_while_the_runner_ends(voices, admission):
    """As with every other call."""
    admission.draining = True
    with pytest.raises(DialogueError) as caught:
        await voices.begin("desk", 24_000)
    assert caught.value.code == "draining"


async def test_somebody_at_the_page_has_processes_made_ready_once(calls, admission, store):
    """The page asks every two seconds."""
    warmed = asyncio.Event()
    count = 0

    async def warm():
        nonlocal count
        count += 1
        warmed.set()

    voices = module.Voices(calls, admission, store.root, mode=lambda *_: None, warm=warm)
    voices.expect()
    voices.expect()
    await warmed.wait()
    await voices.stop()
    assert count == 1


async def test_a_machine_that_starts_no_process_is_told(calls, admission, store):
    """Before anybody has waited for a call that cannot be."""

    async def warm():
        raise OSError(11, "Resource temporarily unavailable")

    full = module.Voices(calls, admission, store.root, mode=lambda *_: "voice", warm=warm)
    with pytest.raises(DialogueError) as caught:
        await full.begin("desk", 24_000)
    assert caught.value.code == "agent_unavailable"
    assert caught.value.message.endswith("Resource temporarily unavailable")
    assert calls.all() == []
