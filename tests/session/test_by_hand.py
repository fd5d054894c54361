"""Push to talk: a button in the caller's app says when they speak."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from livekit import rtc
from livekit.agents.voice import io
from support.speech import until
from support.spoken import hang_up, let_go, spoken_call, texts
from support.voice_folder import said

from runner.session.observers.by_hand import LAST_SOUND

HAND = "      warm_up: 0s\n"


class Line(io.AudioInput):
    """A microphone that is never heard from; whether it is on can be seen."""

    def __init__(self):
        super().__init__(label="line")
        self.on = True

    def on_attached(self):
        self.on = True

    def on_detached(self):
        self.on = False

    async def __anext__(self):
        await asyncio.Event().wait()


class Room:
    """The methods that the agent offers."""

    def __init__(self):
        self.methods = {}

    def register_rpc_method(self, name, handler):
        self.methods[name] = handler

    async def presses(self, name, identity="caller"):
        return await self.methods[name](SimpleNamespace(caller_identity=identity, payload=""))


@pytest.fixture
async def call(load):
    """Begin a call that goes by the button, with the first words spoken."""
    talks = []

    async def start(detection="manual", only=None, **parts):
        line = Line()
        release = lambda text: load(text.replace("detection: stt", f"detection: {detection}", 1))  # noqa: E731 - one expression
        talk = await spoken_call(release, audio_in=line, **{"turns": HAND, **parts})
        talk.line, talk.room = line, Room()
        talk._parts.listener.by_hand.register(talk.room, only=only)
        talk._call.listens()
        talks.append(talk)
        return talk

    yield start
    for talk in talks:
        await hang_up(talk)


async def greeted(talk):
    let_go(talk)
    await until(talk, said("Good day, Lotus Bank."))
    await talk._call.quiet()


async def presses(talk):
    """The button goes down; STT begins to listen anew."""
    talk.mic.opened.clear()
    assert await talk.room.presses("start_turn") == "{}"
    await talk.mic.opened.wait()


async def lets_go(talk):
    """The button comes up, and the last sound has arrived."""
    up = asyncio.ensure_future(talk.room.presses("end_turn"))
    await asyncio.sleep(0)
    talk.clock.advance(LAST_SOUND)
    assert await up == "{}"


@pytest.mark.parametrize("late", [True, False])
async def test_what_is_said_while_the_button_is_down_is_answered(call, late):
    """The caller is heard only then, and no word is lost that STT brings after it."""
    talk = await call()
    assert not talk.line.on
    await greeted(talk)
    await presses(talk)
    assert talk.line.on
    if not late:
        talk.mic.final("your hours")
    await lets_go(talk)
    assert not talk.line.on
    if late:
        talk.mic.final("your hours")
    assert texts(await until(talk, said("We open at nine.")))[0] == ("user", "your hours")


async def test_the_button_interrupts(call):
    """Who presses it is listened to at once, in the middle of the agent's words."""
    talk = await call()
    await talk.speaker.playing.wait()
    speech = talk.session.current_speech
    await presses(talk)
    assert speech.interrupted
    talk.mic.final("your hours")
    talk.speaker.held = False
    await lets_go(talk)
    await until(talk, said("We open at nine."))


async def test_a_turn_can_be_taken_back(call):
    """What was said up to cancel_turn is not answered, nor is it part of the next turn."""
    talk = await call()
    await greeted(talk)
    await presses(talk)
    understood = asyncio.Event()
    talk.session.on("user_input_transcribed", lambda _: understood.set())
    talk.mic.final("it is about money")
    await understood.wait()
    assert await talk.room.presses("cancel_turn") == "{}"
    assert not talk.line.on
    await presses(talk)
    talk.mic.final("your hours")
    await lets_go(talk)
    assert texts(await until(talk, said("We open at nine.")))[0] == ("user", "your hours")


async def test_a_button_that_goes_down_again_goes_on(call):
    """Pressed again within the last sound, the turn that was ending is not answered."""
    talk = await call()
    await greeted(talk)
    await presses(talk)
    up = asyncio.ensure_future(talk.room.presses("end_turn"))
    await asyncio.sleep(0)
    await presses(talk)
    talk.clock.advance(LAST_SOUND)
    assert await up == "{}"
    assert talk.line.on
    assert talk._parts.listener._overheard.holding


async def test_end_turn_without_a_start_is_nothing(call):
    """A button that was never down, or comes up twice, ends nothing."""
    talk = await call()
    await greeted(talk)
    assert await talk.room.presses("end_turn") == "{}"
    assert not talk.line.on


async def test_words_over_what_cannot_be_interrupted_are_answered(call):
    """With keep_audio the turn is answered when the agent has finished."""
    keeps = "      warm_up: 0s\n      interruptions:\n        keep_audio: yes\n"
    talk = await call(turns=keeps, greeting="      interruptible: no\n")
    await talk.speaker.playing.wait()
    await presses(talk)
    assert not talk.session.current_speech.interrupted
    talk.mic.final("your hours")
    await lets_go(talk)
    let_go(talk)
    assert ("user", "your hours") in texts(await until(talk, said("We open at nine.")))


@pytest.mark.parametrize(
    ("detection", "only", "why"),
    [("stt", None, "by hand"), ("manual", "mary", "somebody else")],
)
async def test_a_button_that_does_not_count_is_refused(call, detection, only, why):
    """The app is told why; the call goes on as it was."""
    talk = await call(detection=detection, only=only)
    assert talk.line.on is (detection == "stt")
    for name in ("start_turn", "end_turn", "cancel_turn"):
        with pytest.raises(rtc.RpcError, match=why):
            await talk.room.presses(name)


async def test_each_persona_listens_in_its_own_way(call):
    """Who takes over without the button hears at once, and the button is refused then."""
    own = "    turn_taking:\n      detection: stt\n    greeting:\n      say: Billing here.\n"
    talk = await call(first=own)
    await greeted(talk)
    talk.session.generate_reply(user_input="it is about money")
    await until(talk, said("Billing here."))
    assert talk.line.on
    with pytest.raises(rtc.RpcError):
        await talk.room.presses("start_turn")
