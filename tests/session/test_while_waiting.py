"""`while_waiting`: the caller hears something while a tool works, and nothing when it is done."""

from __future__ import annotations

import asyncio

import pytest
from support.wild import Wild

from runner.egress.port import ToolResponse
from runner.schema.actions import RunTool

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    tools:
      - find
personas:
  host:
    instructions: You are the host.
tools:
  find:
    description: Find a slot.
    parameters:
      day:
        type: text
    while_waiting:
      after: 60ms
      EVERY
      say:
        - One moment, I look at {{ args.day }}.
        - Still looking.
    http:
      url: https://find.example/
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
OK = ToolResponse(ok=True, output="Ten o'clock.")
FIND = [("find", '{"day": "Friday"}')]


def folder(every=""):
    return FOLDER.replace("EVERY", every) if every else FOLDER.replace("      EVERY\n", "")


class Slow:
    """A service that answers when it is told to, or at once."""

    def __init__(self, talk, *, at_once=False):
        self.free, self.begun = asyncio.Event(), asyncio.Event()
        if at_once:
            self.free.set()
        talk.conversation._call.egress = self

    async def ask(self, _ask):
        self.begun.set()
        await self.free.wait()
        return OK


def spoken(talk):
    return talk.events.texts


@pytest.mark.proves(
    "WaitingTool.while_waiting", "WhileWaiting.after", "WhileWaiting.say", "WhileWaiting.every"
)
@pytest.mark.parametrize(
    ("every", "words"),
    [
        ("", ["One moment, I look at Friday."]),
        (
            "every: 70ms",
            ["One moment, I look at Friday.", "Still looking.", "One moment, I look at Friday."],
        ),
    ],
)
async def test_the_words_are_said_in_turn_until_it_is_done(begin, every, words):
    """`say` after `after`, again every `every`, a list in turn; then the model answers."""
    talk = await begin(folder(every), OK, models={"brain": Wild(FIND, "At ten.")})
    slow = Slow(talk)
    turn = asyncio.create_task(talk.say("Friday?"))
    await talk.until(lambda _: len(spoken(talk)) == len(words))
    slow.free.set()
    assert (await turn).texts == [*words, "At ten."]


@pytest.mark.parametrize(("locale", "words"), [("en", "One moment, please."), ("fr", None)])
async def test_without_words_there_are_those_of_lkrun(begin, locale, words):
    """`while_waiting` with a time alone says `one_moment`, in the language of the call."""
    text = folder()
    said = text[text.index("      say:\n        - One") : text.index("    http:")]
    text = text.replace(said, "").replace("mode: text", f"mode: text\n    locale: {locale}")
    talk = await begin(text, OK, models={"brain": Wild(FIND, "At ten.")})
    slow = Slow(talk)
    turn = asyncio.create_task(talk.say("Friday?"))
    await talk.until(lambda _: len(spoken(talk)) == 1)
    slow.free.set()
    assert (await turn).texts == [words or "Un instant, s'il vous plaît.", "At ten."]


async def test_nothing_is_said_when_it_is_done_before(begin):
    """A tool that answers at once needs no words, not even later."""
    talk = await begin(folder("every: 70ms"), OK, models={"brain": Wild(FIND, "At ten.")})
    Slow(talk, at_once=True)
    assert (await talk.say("Friday?")).texts == ["At ten."]
    assert (await talk.say("Thanks.")).texts == ["Fine."]


async def test_the_words_are_no_part_of_what_the_model_sees(begin):
    """They would stand behind the tool's answer, and the model would say them again."""
    seen = []
    model = Wild(FIND, lambda chat: seen.append(chat.copy()) or "At ten.")
    talk = await begin(folder(), OK, models={"brain": model})
    slow = Slow(talk)
    turn = asyncio.create_task(talk.say("Friday?"))
    await talk.until(lambda _: spoken(talk))
    slow.free.set()
    await turn
    assert "One moment" not in str(seen[0].to_dict())


async def test_an_actions_tool_speaks_as_well(begin):
    """Nobody but the author has called it, and the caller waits all the same."""
    talk = await begin(folder(), OK, models={"brain": Wild()})
    slow = Slow(talk)
    action = RunTool.model_validate({"tool": "find", "with": {"day": "Monday"}})
    doing = asyncio.create_task(talk.conversation._call.persona.unasked.act((action,)))
    await talk.until(lambda _: spoken(talk) == ["One moment, I look at Monday."])
    slow.free.set()
    await doing


async def test_a_refused_call_says_nothing(begin):
    """Words are for work: a call that is not carried out has none."""
    talk = await begin(folder(), OK, models={"brain": Wild([("find", "{}")], "Which day?")})
    assert (await talk.say("Find.")).texts == ["Which day?"]


IDLE = """\
    idle:
      after: 40ms
      say: Still there?
      times: 5
    tools:
"""


@pytest.mark.parametrize("channel", ["text", "voice"])
async def test_nobody_is_asked_whether_they_are_there_while_a_tool_works(begin, channel):
    """The words meanwhile are the agent's: the caller is waiting, and not away."""
    text = folder("every: 65ms").replace("    tools:\n", IDLE, 1)
    if channel == "voice":
        ears = (
            "    stt: ears\n    tts: warm\n    vad: no\n    turn_taking:\n      detection: manual\n"
        )
        text = text.replace("    mode: text\n", ears).replace(
            "providers:\n",
            "providers:\n  warm:\n    tts: espeak\n  ears:\n    stt: pocketsphinx\n    with:\n"
            "      phrases:\n        - hello\n",
        )
    talk = await begin(text, OK, channel=channel, models={"brain": Wild(FIND, "At ten.")})
    slow = Slow(talk)
    talk.conversation.session.generate_reply(user_input="Friday?")
    await slow.begun.wait()
    # who was asked just before the tool began hears that first
    await talk.until(lambda _: "One moment, I look at Friday." in spoken(talk))
    before = len(spoken(talk))
    await talk.until(lambda _: len(spoken(talk)) >= before + 3)
    assert "Still there?" not in spoken(talk)[before:]
    slow.free.set()
    await talk.until(lambda e: e.get("text") == "At ten.")
