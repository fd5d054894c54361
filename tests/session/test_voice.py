"""What only calls by voice have: idle prompts, the longest call, models that fail."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from livekit.agents import NOT_GIVEN, AgentSession, ErrorEvent, tts
from support.voice_folder import FOLDER, ended, exceeded, said


@pytest.fixture
def call(begin):
    """Begin a call by voice, without a room."""

    async def start(extra="", turns=""):
        folder = FOLDER.replace("EXTRA\n", extra).replace("      TURNS\n", turns)
        return await begin(folder, channel="voice")

    return start


async def test_greeting_and_answer(call):
    """A call greets, numbers the caller's sentences as turns, and tells the events of both."""
    talk = await call()
    await talk.until(said("Good day."))
    talk.conversation.session.generate_reply(user_input="hello")
    reply = await talk.until(said("Pardon?"))
    assert reply["turn"] == 1
    assert talk.events.kinds == ["agent", "user", "agent"]


@pytest.mark.proves(
    "Agent.stt",
    "Agent.tts",
    "PersonaTurns.detection",
    "Persona.stt",
    "Persona.tts",
    "Persona.vad",
    "Persona.turn_taking",
)
async def test_models_are_shared_and_overridden(call):
    """Personas that name the same ears have the same object; their own voice wins."""
    talk = await call()
    session = talk.conversation.session
    first = session.current_agent
    assert first.stt is session.stt
    assert first.tts is not session.tts
    session.generate_reply(user_input="night")
    await talk.until(said("Night desk here."))
    night = session.current_agent
    assert night.tts is session.tts
    assert night.vad is None
    assert night.turn_detection == "vad"


IDLE = """
    idle:
      after: 30ms
      {}
      times: 2
      then:
        - if: "'never' == 'now'"
          say: Not said.
        - end_call: Goodbye then.
"""


@pytest.mark.proves("Agent.idle", "Idle.after", "Idle.say", "Idle.instructions", "Idle.times")
@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("say: Still there?", "Still there?"),
        ("instructions: Ask whether they are still there.", "Hello, are you there?"),
    ],
)
async def test_idle_prompts_then_acts(call, prompt, words):
    """Silence is asked about so many times, then the actions are done."""
    talk = await call(IDLE.format(prompt).lstrip("\n"))
    end = await talk.until(ended)
    assert end["reason"] == "end_call"
    assert talk.events.texts == ["Good day.", words, words, "Goodbye then."]


@pytest.mark.proves("Idle.then")
async def test_idle_without_words_acts_at_once(call):
    """Idle that only acts does so at the first silence; a handoff among its actions is done."""
    talk = await call("    idle:\n      after: 30ms\n      then:\n        handoff: night\n")
    await talk.until(said("Night desk here."))
    assert "handoff" in talk.events.kinds


async def test_wait_holds_idle(call):
    """A moment that the caller takes holds the prompts, until it is over."""
    extra = "    idle:\n      after: 30ms\n      say: Still there?\n"
    talk = await call(extra)
    watch = talk.conversation._parts.timers
    await talk.until(said("Still there?"))
    watch.hold(30)
    watch.away()
    assert "held" in watch._timers
    watch.heard()
    assert "held" not in watch._timers
    watch.hold(0.03)
    watch.away()
    before = len(talk.events.texts)
    await talk.until(lambda _: len(talk.events.texts) > before)
    assert talk.events.texts[-1] == "Still there?"


async def test_wait_tool_holds_for_two_minutes(call):
    """The bare wait tool holds idle for two minutes."""
    talk = await call()
    talk.conversation.session.generate_reply(user_input="moment")
    await talk.until(lambda event: event["type"] == "tool_result")
    left = talk.conversation._parts.timers._held_until - asyncio.get_running_loop().time()
    assert 110 < left <= 120


@pytest.mark.proves("Agent.limits", "Limits.max_duration", "Limits.farewell")
@pytest.mark.parametrize(
    ("farewell", "words"),
    [("      farewell: Time is up.\n", "Time is up."), ("", "We have to stop here. Goodbye.")],
)
async def test_longest_call(call, farewell, words):
    """A call that lasts too long ends, after its farewell or lkrun's own."""
    talk = await call(f"    limits:\n      max_duration: 60ms\n{farewell}")
    end = await talk.until(ended)
    assert end["reason"] == "max_duration"
    assert talk.events.texts == ["Good day.", words]


async def test_longest_talk_by_text(begin):
    """The longest duration holds by text, too."""
    talk = await begin(
        FOLDER.replace("EXTRA\n", "    limits:\n      max_duration: 60ms\n").replace(
            "      TURNS\n", ""
        )
    )
    assert await talk.conversation.ended == "max_duration"


async def test_failing_model_ends_a_call(call):
    """By voice a model that fails is said plainly, and the call ends in order."""
    talk = await call()
    await talk.until(said("Good day."))
    talk.conversation.session.generate_reply(user_input="break")
    end = await talk.until(ended)
    assert end["reason"] == "error"
    assert talk.events.texts[-1] == "Sorry, something went wrong. Please call again later."


async def test_agent_ends_a_call(call):
    """The agent's end_call ends a call without a job."""
    talk = await call()
    await talk.until(said("Good day."))
    talk.conversation.session.generate_reply(user_input="bye")
    assert (await talk.until(ended))["reason"] == "end_call"
    assert talk.events.texts == ["Good day.", "Goodbye."]


@pytest.mark.proves("TurnTaking.turn_limit", "TurnLimit.then")
async def test_turn_limit_acts(call):
    """A caller who talks without end meets the actions of turn_limit."""
    limit = "      turn_limit:\n        max_words: 100\n        then:\n"
    talk = await call(turns=f"{limit}          say: Let me interrupt.\n")
    await talk.conversation.session.current_agent.on_user_turn_exceeded(exceeded())
    assert talk.events.texts[-1] == "Let me interrupt."


@pytest.mark.parametrize(
    ("written", "allowed"), [("", False), ("\n            interruptible: yes", None)]
)
async def test_words_of_a_limit_are_heard(call, monkeypatch, written, allowed):
    """The caller, who is talking, does not interrupt the words of a limit unless it says so."""
    limit = "      turn_limit:\n        max_words: 100\n        then:\n"
    talk = await call(turns=f"{limit}          - say: Let me interrupt.{written}\n")
    session, given = talk.conversation.session, []
    say = session.say

    def noted(text, *, allow_interruptions, **rest):
        given.append(allow_interruptions)
        return say(text, allow_interruptions=allow_interruptions, **rest)

    monkeypatch.setattr(session, "say", noted)
    await session.current_agent.on_user_turn_exceeded(exceeded())
    assert given == [NOT_GIVEN if allowed is None else allowed]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("    limits:\n      max_duration: 60ms\n      farewell: Time is up.\n", "Time is up."),
        ("    idle:\n      after: 30ms\n      then:\n        end_call: Bye then.\n", "Bye then."),
    ],
)
async def test_last_words_are_heard(call, monkeypatch, extra, words):
    """The caller interrupts neither a farewell nor the words with which a call is ended."""
    given = {}
    say = AgentSession.say

    def noted(self, text, *, allow_interruptions=NOT_GIVEN, **rest):
        given[text] = allow_interruptions
        return say(self, text, allow_interruptions=allow_interruptions, **rest)

    monkeypatch.setattr(AgentSession, "say", noted)
    talk = await call(extra)
    await talk.until(ended)
    assert given[words] is False


async def test_turn_limit_without_actions(call):
    """Without actions LiveKit's own way is taken: the model cuts in."""
    talk = await call(turns="      turn_limit:\n        max_words: 100\n")
    await talk.conversation.session.current_agent.on_user_turn_exceeded(exceeded())
    assert talk.events.texts[-1] == "Pardon?"


async def test_written_text_in_a_call(call):
    """What a caller writes is answered; nothing at all is not."""
    talk = await call()
    await talk.until(said("Good day."))
    session = talk.conversation.session
    await talk.conversation._parts.written.take(session, SimpleNamespace(text="  "))
    await talk.conversation._parts.written.take(session, SimpleNamespace(text="hello"))
    await talk.until(said("Pardon?"))
    assert talk.events.kinds == ["agent", "user", "agent"]


async def test_written_text_waits_for_a_handoff(call):
    """What is written while the call is handed over waits until it has been."""
    talk = await call()
    await talk.until(said("Good day."))
    shared, session = talk.conversation._call, talk.conversation.session
    shared.depart("night")
    written = asyncio.create_task(
        talk.conversation._parts.written.take(session, SimpleNamespace(text="hello"))
    )
    await session.say("One moment.")
    assert talk.events.kinds == ["agent", "agent"]
    shared.stay()
    await written
    await talk.until(said("Pardon?"))


async def test_errors_of_ears_and_voice_are_logged(call, caplog):
    """A voice that fails is logged in plain words, secrets masked."""
    talk = await call()
    failures = talk.conversation._parts.failures
    talk.conversation._call.bound.models._secrets.seen["KEY"] = "hush-hush"
    cause = RuntimeError("key hush-hush is bad\nmore")
    error = tts.TTSError(timestamp=1.0, label="voice", error=cause, recoverable=True)
    for each in (error, error.model_copy(update={"recoverable": False})):
        failures.heard(ErrorEvent(error=each, source=talk.conversation.session.tts))
    assert "the voice 'warm' failed: key ••• is bad" in caplog.text
    assert "more" not in caplog.text
    assert not talk.conversation.ended.done()


async def test_written_text_queues_by_text(begin):
    """In a room without voices texts are answered one after the other."""
    talk = await begin(FOLDER.replace("EXTRA\n", "").replace("      TURNS\n", ""))
    session = talk.conversation.session
    await asyncio.gather(
        *(
            talk.conversation._parts.written.take(session, SimpleNamespace(text="hello"))
            for _ in range(5)
        )
    )
    assert talk.events.kinds == ["agent", *["user", "agent"] * 5]
    assert talk.events[-1]["turn"] == 5
