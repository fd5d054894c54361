"""`while_thinking`: words for a caller whose model takes its time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from support.waiting import until
from support.wild import Wild

from runner.session.clock import SimulatedClock

FOLDER = """
agents:
  desk:
    start: reception
    mode: text
    llm: brain
    turn_taking:
      while_thinking:
        WHEN
personas:
  reception:
    instructions: You answer.
    handoffs:
      night:
        when: It is night.
        say: I am putting you through.
  night:
    instructions: You watch.
    greeting:
      say: Night desk.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""


class Slow:
    """Answers that come when they are let go.

    Attributes:
        talks: the talk, as the model was told of it each time.
    """

    def __init__(self, *answers):
        """Nothing is let go."""
        self.answers, self.talks = list(answers), []
        self.asked, self.free = asyncio.Event(), asyncio.Event()

    def __call__(self, chat):
        """Answer once it may."""
        self.talks.append([(m.role, m.text_content) for m in chat.messages() if m.role != "system"])
        return self._pieces(self.answers.pop(0))

    async def _pieces(self, answer):
        self.asked.set()
        await self.free.wait()
        yield answer


@pytest.fixture
def slow(begin):
    """Begin a talk with a model that answers when it is let go."""

    async def start(when, *answers, **rest):
        clock, model = SimulatedClock(datetime(2026, 12, 1, tzinfo=UTC)), Slow(*answers)
        wild = Wild(*[model] * len(answers))
        talk = await begin(
            FOLDER.replace("WHEN", when), clock=clock, models={"brain": wild}, **rest
        )
        return talk, model, clock

    return start


async def said_after(begun, seconds, text="hello", words=""):
    """What the agent says to a text where its model has taken so many seconds."""
    talk, model, clock = begun
    spoken = talk.conversation._call.said_thinking
    model.asked.clear()
    model.free.clear()
    turn = asyncio.create_task(talk.say(text))
    await model.asked.wait()
    clock.advance(seconds)
    await until(lambda: not words or words in spoken)
    model.free.set()
    return await turn


@pytest.mark.proves("TurnTaking.while_thinking", "WhileThinking.after", "WhileThinking.say")
async def test_words_come_before_a_late_reply(slow):
    """Where the model has not begun in time, the caller hears words, in turn; else none."""
    when = (
        "after: 1500ms\n        say:\n          - Hm.\n          - Well.\n          - Let me see."
    )
    begun = await slow(when, "One.", "Two.", "Three.")
    assert (await said_after(begun, 1.6, words="Hm.")).texts == ["Hm. One."]
    assert (await said_after(begun, 1.4)).texts == ["Two."]
    assert (await said_after(begun, 2.0, words="Well.")).texts == ["Well. Three."]


async def test_the_model_does_not_see_them(slow):
    """The model reads its own words alone, or it would begin with such words itself."""
    begun = await slow("say: Hm.", "One.", "Two.")
    await said_after(begun, 3, words="Hm.")
    await said_after(begun, 0, "and now")
    assert begun[1].talks[1] == [("user", "hello"), ("assistant", "One."), ("user", "and now")]


async def test_lkruns_own_words(slow):
    """Without words of the author's, lkrun's own are said, in the language of the call."""
    begun = await slow("after: 2s", "One.")
    assert (await said_after(begun, 2, words="One moment, please.")).texts == [
        "One moment, please. One."
    ]


async def test_a_handoff_still_has_its_words(slow):
    """Such words are none of the model's: what the handoff says is said as well."""
    begun = await slow("say: Hm.", [("transfer_to_night", "{}")])
    events = await said_after(begun, 3, words="Hm.")
    assert events.texts == ["Hm.", "I am putting you through.", "Night desk."]


async def test_by_voice(begin):
    """By voice they are spoken at once, while the model still thinks."""
    folder = FOLDER.replace("mode: text", "stt: ears\n    tts: warm\n    vad: no").replace(
        "WHEN", "say: Hm."
    )
    folder += "  warm:\n    tts: espeak\n  ears:\n    stt: pocketsphinx\n    with:\n"
    folder += "      phrases:\n        - hello\n"
    clock, model = SimulatedClock(datetime(2026, 12, 1, tzinfo=UTC)), Slow("One.")
    talk = await begin(folder, channel="voice", clock=clock, models={"brain": Wild(model)})
    session = talk.conversation.session
    thinking = asyncio.Event()
    session.on(
        "agent_state_changed", lambda e: thinking.set() if e.new_state == "thinking" else None
    )
    handle = session.generate_reply(user_input="hello")
    await model.asked.wait()
    await thinking.wait()
    clock.advance(3)
    await until(lambda: talk.conversation._call.said_thinking)
    model.free.set()
    await handle
    assert talk.events.texts == ["Hm. One."]


async def test_no_switches_it_off(begin):
    """`while_thinking: no` says nothing."""
    folder = FOLDER.replace("while_thinking:\n        WHEN", "while_thinking: no")
    talk = await begin(folder, models={"brain": Wild("One.")})
    assert (await talk.say("hello")).texts == ["One."]
