"""What the caller says while nothing can answer it is answered afterwards."""

from __future__ import annotations

import asyncio
import logging

import pytest
from support.speech import until
from support.spoken import hang_up, let_go, spoken_call, texts
from support.voice_folder import said

NO_WARM_UP = "      warm_up: 0s\n"


@pytest.fixture
async def call(load, caplog):
    """Begin a call with ears, a voice and a loudspeaker that do what the test says."""
    caplog.set_level(logging.DEBUG, logger="livekit")  # what LiveKit drops is told there alone
    talks = []

    async def start(kind=None, **parts):
        talks.append(await spoken_call(load, kind=kind, **parts))
        return talks[-1]

    yield start
    for talk in talks:
        await hang_up(talk)


class Dropped(logging.Handler):
    """Knows when LiveKit has dropped a turn: it tells nobody but its log."""

    def __init__(self):
        super().__init__()
        self.event = asyncio.Event()

    def emit(self, record):
        if record.msg.startswith("skipping reply to user input"):
            self.event.set()


async def over_words(talk, text):
    """Say something while the agent speaks, up to where LiveKit has dropped it."""
    await talk.speaker.playing.wait()
    dropped, log = Dropped(), logging.getLogger("livekit.agents")
    log.addHandler(dropped)
    try:
        talk.mic.says(text)
        await dropped.event.wait()
    finally:
        log.removeHandler(dropped)


@pytest.mark.proves("TurnTaking.warm_up")
async def test_words_in_the_warm_up_are_answered_afterwards(call):
    """The first speech is not interrupted by words in its first seconds; they are answered."""
    talk = await call()
    await over_words(talk, "your hours")
    assert talk.speaker.playing.is_set()
    let_go(talk)
    assert texts(await until(talk, said("We open at nine."))) == [
        ("agent", "Good day, Lotus Bank."),
        ("user", "your hours"),
        ("agent", "We open at nine."),
    ]


@pytest.mark.parametrize(
    ("turns", "kind"), [(NO_WARM_UP, None), ("", "sip"), ("      warm_up: 1s\n", "sip")]
)
async def test_the_first_speech_is_interrupted_after_the_warm_up(call, turns, kind):
    """Without a warm-up, as on a phone call, or after it, the caller interrupts at once."""
    talk = await call(turns=turns, kind=kind)
    await talk.speaker.playing.wait()
    talk.clock.advance(1.0 if "1s" in turns else 0.0)
    talk.mic.says("your hours")
    talk.speaker.held = False
    assert ("agent", "We open at nine.") in texts(await until(talk, said("We open at nine.")))


@pytest.mark.parametrize(
    ("turns", "kind", "seconds"),
    [
        ("", None, 3.0),
        ("", "standard", 3.0),
        ("", "sip", 0.0),
        ("", "connector", 0.0),
        ("      warm_up: 2s\n", "sip", 2.0),
    ],
)
async def test_how_long_the_warm_up_is(call, turns, kind, seconds):
    """It is as written; else three seconds, and none where the phone network removes echoes."""
    talk = await call(turns=turns, kind=kind)
    assert talk._parts.listener.warm_up.seconds == seconds


async def test_the_agents_own_echo_is_not_answered(call):
    """What STT hears of the agent's own voice in the warm-up is no turn of the caller."""
    talk = await call()
    await over_words(talk, "good day lotus bank")
    let_go(talk)
    await until(talk, said("Good day, Lotus Bank."))
    talk.mic.says("your hours")
    assert texts(await until(talk, said("We open at nine.")))[0] == ("user", "your hours")


async def test_what_was_said_goes_before_what_is_said_next(call):
    """Words that could not be answered, and a turn that follows at once, are one turn."""
    talk = await call()
    await over_words(talk, "hello there")
    talk.mic.begins()
    talk.mic.final("your hours")
    let_go(talk)
    talk.mic.ends()
    seen = texts(await until(talk, said("We open at nine.")))
    assert seen[1] == ("user", "hello there your hours")


async def test_what_is_written_in_the_warm_up_interrupts(call):
    """Who writes is not kept waiting by the warm-up: there is no echo of a text."""
    talk = await call()
    await talk.speaker.playing.wait()
    talk._parts.listener.warm_up.end()
    assert talk.session.current_speech.allow_interruptions


KEEPS = "      warm_up: 0s\n      interruptions:\n        keep_audio: yes\n"
FIRM = "      interruptible: no\n"


@pytest.mark.proves("Interruptions.keep_audio")
async def test_kept_words_are_answered(call):
    """With keep_audio what is said over words that cannot be interrupted is answered."""
    talk = await call(turns=KEEPS, greeting=FIRM)
    assert not talk.session.options.interruption["discard_audio_if_uninterruptible"]
    await over_words(talk, "your hours")
    let_go(talk)
    seen = texts(await until(talk, said("We open at nine.")))
    assert seen == [
        ("agent", "Good day, Lotus Bank."),
        ("user", "your hours"),
        ("agent", "We open at nine."),
    ]


async def test_words_are_not_kept_unless_it_is_written(call):
    """Without keep_audio STT is not even given what is said over such words."""
    talk = await call(turns=NO_WARM_UP, greeting=FIRM)
    await talk.speaker.playing.wait()
    assert talk.session.options.interruption["discard_audio_if_uninterruptible"]


BILLING = "    on_handoff:\n      say: Billing here.\n"


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (BILLING, "Billing here."),
        ("", "Invoice 118 is paid."),
    ],
)
async def test_words_into_a_handoff_are_part_of_the_talk(call, first, words):
    """What is said while the call is handed over is known to the persona that takes over."""
    talk = await call(turns=NO_WARM_UP, first=first)
    let_go(talk)
    await until(talk, said("Good day, Lotus Bank."))
    talk.speaker.held = True
    talk.mic.says("it is about money")
    await over_words(talk, "invoice 118")
    assert not talk.session.options.interruption["discard_audio_if_uninterruptible"]
    let_go(talk)
    assert texts(await until(talk, said(words))) == [
        ("user", "it is about money"),
        ("agent", "One moment please."),
        ("user", "invoice 118"),
        ("agent", words),
    ]
    await talk._call.quiet()
    assert talk.session.options.interruption["discard_audio_if_uninterruptible"]
    spoken = [m.text_content for m in talk.session.current_agent.chat_ctx.messages()]
    assert spoken[-2:] == ["invoice 118", words]


@pytest.mark.proves("Handoff.interruptible")
@pytest.mark.parametrize(
    ("written", "allowed"), [("", False), ("        interruptible: yes\n", True)]
)
async def test_words_of_a_handoff_may_be_interrupted(call, written, allowed):
    """A handoff's words are said to their end, unless they may be interrupted."""
    talk = await call(turns=NO_WARM_UP, handoff=written)
    let_go(talk)
    await until(talk, said("Good day, Lotus Bank."))
    talk.speaker.held = True
    talk.mic.says("it is about money")
    await talk.speaker.playing.wait()
    assert talk.session.current_speech.allow_interruptions is allowed
    talk.mic.says("invoice 118")
    if not allowed:
        let_go(talk)
    talk.speaker.held = False
    seen = texts(await until(talk, said("Invoice 118 is paid.")))
    assert seen[-2:] == [("user", "invoice 118"), ("agent", "Invoice 118 is paid.")]
    assert talk.persona == "billing"
    assert [e for e in seen if e[0] == "agent"].count(("agent", "Invoice 118 is paid.")) == 1


LIMIT = """\
      warm_up: 0s
      turn_limit:
        max_duration: 12s
"""
ACTS = """\
        then:
          say: Let me stop you there.
"""


async def talking(talk):
    """Return when the caller is known to speak."""
    spoke = asyncio.Event()
    talk.session.on("user_state_changed", lambda _: spoke.set())
    talk.mic.begins()
    await spoke.wait()


@pytest.mark.proves("TurnLimit.max_duration")
@pytest.mark.parametrize(
    ("acts", "words"), [(ACTS, "Let me stop you there."), ("", "Let me cut in.")]
)
async def test_a_turn_without_a_pause_is_limited(call, acts, words):
    """The limit in time holds where STT has understood nothing for good yet."""
    talk = await call(turns=LIMIT + acts)
    let_go(talk)
    await until(talk, said("Good day, Lotus Bank."))
    await talk._call.quiet()
    await talking(talk)
    talk.mic.interim("and then and then")
    talk.clock.advance(11.9)
    assert talk._parts.listener._turn._timer is not None
    talk.clock.advance(0.2)
    await until(talk, said(words))


async def test_pauses_do_not_begin_a_turn_anew(call):
    """Who pauses, and goes on before the agent has said a word, is still in the same turn."""
    talk = await call(turns=LIMIT + ACTS)
    let_go(talk)
    await until(talk, said("Good day, Lotus Bank."))
    await talk._call.quiet()
    clock = talk._parts.listener._turn
    await talking(talk)
    talk.clock.advance(8)
    clock.talking()
    assert clock._timer.when() == talk.clock.time() + 4


async def test_silence_at_the_limit_is_no_talking(call):
    """Who has fallen silent before the limit is not cut in on, and begins a new turn later."""
    talk = await call(turns=LIMIT + ACTS)
    let_go(talk)
    await until(talk, said("Good day, Lotus Bank."))
    await talk._call.quiet()
    silent = asyncio.Event()
    await talking(talk)
    talk.session.on("user_state_changed", lambda _: silent.set())
    talk.mic.ends()
    await silent.wait()
    talk.clock.advance(13)
    assert not talk._parts.listener._turn._tasks
    await talking(talk)
    assert talk._parts.listener._turn._timer.when() == talk.clock.time() + 12


async def test_words_of_the_agent_end_the_count(call):
    """After the agent has spoken a turn counts from its own beginning."""
    talk = await call(turns=LIMIT + ACTS)
    let_go(talk)
    await until(talk, said("Good day, Lotus Bank."))
    await talk._call.quiet()
    await talking(talk)
    talk.clock.advance(8)
    await talk.session.say("Wait.", allow_interruptions=False)
    assert talk._parts.listener._turn._timer.when() == talk.clock.time() + 12
