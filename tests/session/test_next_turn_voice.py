"""A call by voice takes another release when nobody speaks and nothing is being done."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import tts
from support.given import give
from support.speech import Ears, Speaker, Voice, until
from support.voice_folder import FOLDER, PLAIN, exceeded, said

from runner.egress.port import ToolResponse
from runner.secret import Secret
from runner.session import CallFacts
from runner.session.conversation import CannotRenewError, Conversation


class Hearing(Ears):
    """Ears that count how often they were opened, and know when they are closed."""

    def __init__(self):
        super().__init__()
        self.opened = 0
        self.gone = False

    def stream(self, **options):
        self.opened += 1
        return super().stream(**options)

    async def aclose(self):
        self.gone = True
        await super().aclose()


class Speaking(Voice):
    """A voice that knows when it is closed."""

    gone = False

    async def aclose(self):
        self.gone = True
        await super().aclose()


@pytest.fixture
async def call(load):
    """Begin a call with ears and a voice that can be looked at."""
    talks = []

    async def start(folder=PLAIN):
        events = asyncio.Queue()
        talk = Conversation(
            load(folder), None, CallFacts(), on_event=lambda e: events.put_nowait(e.to_json())
        )
        talk.queue = events
        give(talk, "stt", "ears", Hearing())
        give(talk, "tts", "bright", Speaking())
        give(talk, "tts", "warm", Speaking())
        talks.append(talk)
        await talk.start(audio_out=Speaker())
        return talk

    yield start
    for talk in talks:
        await talk.end()


async def test_unchanged_ears_and_voices_stay_as_they_are(call, load):
    """What has not changed is the same object, and its stream is not begun again."""
    talk = await call()
    agent = talk.session.current_agent
    ears, voice = agent.stt, agent.tts
    await talk.session.wait_for_idle()
    before = ears.opened
    done = await talk.renew(load(PLAIN.replace("You answer the phone.", "You answer.")))
    assert done.live == ("personas.reception.instructions",)
    assert (agent.stt, agent.tts) == (ears, voice)
    assert ears.opened == before == 1
    assert not ears.gone


async def test_changed_ears_and_voices_are_swapped(call, load):
    """The call hears and speaks with the new ones; the old ones are closed, and no others."""
    talk = await call()
    agent, models = talk.session.current_agent, talk._call.bound.models
    ears, voice, warm = agent.stt, agent.tts, models.get("tts", "warm")
    await talk.renew(load(PLAIN.replace("- hello", "- goodbye").replace("pitch: 60", "pitch: 70")))
    await talk._parts.renewal.closed()
    assert agent.stt is not ears
    assert agent.tts is not voice
    assert (ears.gone, voice.gone, warm.gone) == (True, True, False)
    assert talk._call.bound.models.get("tts", "warm") is warm
    talk.session.generate_reply(user_input="night")
    await until(talk, said("Night desk here."))
    night = talk.session.current_agent
    assert night.tts is warm
    assert talk.session._activity.stt is agent.stt


async def test_fallbacks_keep_those_that_did_not_change(call, load):
    """A list is made anew around the ones that stay; it goes with the last of them."""
    one = PLAIN.replace("    tts: bright\n", "    tts:\n      - bright\n      - warm\n")
    talk = await call(one)
    agent, models = talk.session.current_agent, talk._call.bound.models
    order, bright, warm = agent.tts, models.get("tts", "bright"), models.get("tts", "warm")
    assert isinstance(order, tts.FallbackAdapter)
    await talk.renew(load(one.replace("Good day.", "Good evening.")))
    assert agent.tts is order
    await talk.renew(load(one.replace("pitch: 60", "pitch: 70")))
    await talk._parts.renewal.closed()
    assert agent.tts is not order
    assert (bright.gone, warm.gone) == (True, False)
    await talk.renew(load(PLAIN))
    await talk._parts.renewal.closed()
    assert not isinstance(agent.tts, tts.FallbackAdapter)
    assert not warm.gone


async def test_a_reply_is_said_to_its_end_first(begin, load):
    """While the agent thinks or speaks the old release holds; nothing is said by the change."""
    slow = PLAIN.replace("otherwise: Pardon?", "otherwise: Pardon me?\n      delay: 20ms")
    talk = await begin(slow, channel="voice")
    await talk.until(said("Good day."))
    speech = talk.conversation.session.generate_reply(user_input="hello")
    done = await talk.conversation.renew(load(PLAIN.replace("Pardon?", "What?")))
    assert speech.done()
    assert talk.events.texts == ["Good day.", "Pardon me?"]
    assert done.live == ("providers.brain.with.otherwise", "providers.brain.with.delay")
    talk.conversation.session.generate_reply(user_input="hello")
    await talk.until(said("What?"))


async def test_a_handoff_is_waited_for(begin, load):
    """While the call is handed over it keeps its release; then the new persona takes the next."""
    talk = await begin(PLAIN, channel="voice")
    await talk.until(said("Good day."))
    shared = talk.conversation._call
    shared.depart("night")
    renewal = asyncio.create_task(
        talk.conversation.renew(load(PLAIN.replace("Night desk.", "Night watch.")))
    )
    await talk.conversation.session.say("One moment.")
    assert not renewal.done()
    shared.stay()
    talk.conversation.session.generate_reply(user_input="night")
    await talk.until(said("Night desk here."))
    await renewal
    await talk.conversation.renew(load(PLAIN.replace("Night desk.", "Night guard.")))
    assert talk.system == "Night guard."


SILENT = """\
    idle:
      after: 30ms
      then:
        tool: look
"""
LOOK = """\
tools:
  look:
    description: Look.
    http:
      url: https://service.example/look
    then:
      say: Found it.
providers:
"""


async def test_tools_that_nobody_waits_for_are_waited_for(begin, load):
    """A tool that runs while nobody speaks is done to its end, by its own release."""
    folder = FOLDER.replace("EXTRA\n", SILENT).replace("      TURNS\n", "")
    talk = await begin(folder.replace("providers:\n", LOOK), channel="voice")
    requested, go = asyncio.Event(), asyncio.Event()

    async def ask(_):
        requested.set()
        await go.wait()
        return ToolResponse(ok=True, output="found")

    talk.service.ask = ask
    await requested.wait()
    await talk.conversation.session.wait_for_idle()
    renewal = asyncio.create_task(talk.conversation.renew(load(PLAIN)))
    await asyncio.sleep(0)
    assert not renewal.done()
    go.set()
    done = await renewal
    assert talk.events.texts == ["Good day.", "Found it."]
    assert "tools.look" in done.live
    assert "look" not in talk.conversation._call.bound.plan.tools


async def test_written_text_is_taken_first(begin, load):
    """What the caller is writing just now is answered by the release that it was written to."""
    talk = await begin(PLAIN, channel="voice")
    await talk.until(said("Good day."))
    async with talk.conversation._queue:
        renewal = asyncio.create_task(
            talk.conversation.renew(load(PLAIN.replace("Pardon?", "What?")))
        )
        await talk.conversation.session.say("One moment.")
        assert not renewal.done()
    await renewal


async def test_the_longest_call_counts_from_its_beginning(begin, load):
    """A shorter longest call ends one that has lasted longer already, with its new farewell."""
    talk = await begin(PLAIN, channel="voice")
    await talk.until(said("Good day."))
    limits = "    limits:\n      max_duration: 1h\n      farewell: Time is up.\n"
    long = FOLDER.replace("EXTRA\n", limits).replace("      TURNS\n", "")
    await talk.conversation.renew(load(long))
    watch = talk.conversation._parts.timers
    assert watch._timers["longest"].when() == pytest.approx(watch._began + 3600)
    await talk.conversation.renew(load(long.replace("1h", "1ms")))
    assert await talk.conversation.ended == "max_duration"
    assert talk.events.texts == ["Good day.", "Time is up."]


async def test_idle_prompts_begin_and_end_with_a_release(begin, load):
    """A call that waited for ever asks after silence as soon as its release says so, and back."""
    talk = await begin(PLAIN, channel="voice")
    await talk.until(said("Good day."))
    idle = "    idle:\n      after: 30ms\n      say: Still there?\n      times: 20\n"
    await talk.conversation.renew(
        load(FOLDER.replace("EXTRA\n", idle).replace("      TURNS\n", ""))
    )
    await talk.until(said("Still there?"))
    await talk.conversation.renew(load(PLAIN))
    before = len(talk.events)
    talk.conversation._parts.timers.away()
    await talk.conversation._parts.timers._prompt()
    assert len(talk.events) == before


async def test_the_turn_taking_of_the_persona_that_speaks_stays(begin, load):
    """What a persona says of turns goes before the agent's, for as long as it speaks."""
    talk = await begin(PLAIN, channel="voice")
    await talk.until(said("Good day."))
    session = talk.conversation.session
    session.generate_reply(user_input="night")
    await talk.until(said("Night desk here."))
    changed = PLAIN.replace("detection: manual", "detection: stt\n      max_delay: 9s")
    done = await talk.conversation.renew(load(changed.replace("min_delay: 400ms", "min_delay: 1s")))
    assert done.waiting == ("personas.night.turn_taking.min_delay",)
    assert session.current_agent.turn_detection == "vad"
    assert session.turn_detection == "stt"
    endpointing = session._activity._audio_recognition._endpointing
    assert (endpointing.min_delay, endpointing.max_delay) == (0.4, 9.0)


async def test_ordinary_speech_detection_comes_back(begin, load):
    """Where nobody names what tells speech from silence any more, LiveKit's own does again."""
    named = PLAIN.replace("    vad: no\n    turn", "    vad: silence\n    turn")
    named = named.replace("providers:\n", "providers:\n  silence:\n    vad: inference\n")
    unnamed = PLAIN.replace("    vad: no\n    turn", "    turn")
    talk = await begin(unnamed, channel="voice")
    await talk.until(said("Good day."))
    session = talk.conversation.session
    own = session.vad
    await talk.conversation.renew(load(named))
    assert session._activity.vad not in (None, own)
    await talk.conversation.renew(load(unnamed))
    assert session._activity.vad is own
    other = await begin(named, channel="voice")
    await other.until(said("Good day."))
    await other.conversation.renew(load(unnamed))
    assert other.conversation.session._activity.vad is not other.conversation.session.vad


async def test_what_does_not_go_together_changes_nothing(begin, load):
    """A model of turns that speech detection is too quick for is refused, and the old one stays."""
    named = PLAIN.replace("    vad: no\n    turn", "    vad: silence\n    turn")
    silence = (
        "providers:\n  silence:\n    vad: inference\n    with:\n      min_silence_duration: 100ms\n"
    )
    named = named.replace("providers:\n", silence)
    talk = await begin(named, channel="voice")
    await talk.until(said("Good day."))
    before = talk.conversation._call.bound
    with pytest.raises(CannotRenewError, match="too low"):
        await talk.conversation.renew(load(named.replace("manual", "model")))
    assert talk.conversation._call.bound == before
    assert talk.conversation.session._activity._turn_detection == "manual"
    await talk.conversation.session.current_agent.on_user_turn_exceeded(exceeded())
    assert talk.events.texts[-1] == "Pardon?"


async def test_nothing_happens_between_the_change_and_its_answer(begin, load):
    """A call changes in one go, so that no tool is asked while it is half changed."""
    talk = await begin(PLAIN, channel="voice")
    await talk.until(said("Good day."))
    new = load(PLAIN.replace("pitch: 60", "pitch: 70").replace("- hello", "- goodbye"))
    await talk.conversation.session.wait_for_idle()
    with pytest.raises(StopIteration) as ended:
        talk.conversation._parts.renewal._apply(new, None, None).send(None)
    assert len(ended.value.value.live) == 2


class Picky(Hearing):
    """Ears that refuse to expect some words."""

    def __init__(self):
        super().__init__()
        self._capabilities.keyterms = True

    def _update_session_keyterms(self, keyterms):
        if "bridge" in keyterms:
            raise ValueError("no bridges, says hush-hush\nTraceback")


async def test_what_ears_refuse_is_taken_back(call, load):
    """Nothing of a release that fails half-way stays, and what was built for it is closed."""
    talk = await call()
    picky = give(talk, "stt", "ears", Picky())
    talk._call.bound.models._secrets.seen["KEY"] = Secret("hush-hush")
    await talk.session.wait_for_idle()
    agent = talk.session.current_agent
    agent.update_options(stt=picky)
    agent.makeup.models["stt"] = picky
    was, voice = talk._call.bound, agent.tts
    new = PLAIN.replace("    tools:\n", "    keyterms:\n      - bridge\n    tools:\n", 1)
    new = new.replace("pitch: 60", "pitch: 70").replace("You answer the phone.", "You answer.")
    with pytest.raises(CannotRenewError, match=r"^no bridges, says •••$"):
        await talk.renew(load(new))
    assert talk._call.bound == was
    assert (agent.tts, agent.stt) == (voice, picky)
    assert agent.instructions == "You answer the phone."
    assert not voice.gone
    await talk.renew(load(new.replace("bridge", "crown")))
    assert talk.session.keyterms == ["crown"]
    assert agent.instructions == "You answer."
