"""A persona that hands the call over speaks its leaving words, and nothing after them."""

from __future__ import annotations

import itertools

import httpx
import pytest
from support.wild import Wild

from runner.egress.port import ToolResponse

FOLDER = """
agents:
  desk:
    start: host
    llm: brain
    MODE
    variables:
      noted:
        type: yes_no
    tools:
      - note_it
      - say_it
      - tell_it
      - ask_it
      - go_away
      - hang_up
      - end_call
personas:
  host:
    instructions: You are the host. {{ noted }}
    handoffs:
      kitchen:
        when: The caller wants food.
        SAY
      bar:
        when: The caller is thirsty.
      cellar:
        when: Never.
        if: noted is known and not noted
  kitchen:
    instructions: You cook.
    on_handoff:
      say: Kitchen here.
  bar:
    instructions: You pour.
    on_handoff:
      say: Bar here.
  cellar:
    instructions: It is dark.
tools:
  note_it:
    description: Note it.
    set:
      noted: "yes"
  say_it:
    description: Say it.
    say: It is noted.
  tell_it:
    description: Tell it.
    set:
      noted: "yes"
    then:
      instructions: Say that it is noted.
  ask_it:
    description: Ask a service.
    http:
      url: https://menu.example/
    then:
      say: The menu is here.
    on_error:
      say: The menu is gone.
  go_away:
    description: Go to the bar.
    set:
      noted: "yes"
    then:
      handoff: bar
  hang_up:
    description: Hang up.
    set:
      noted: "yes"
    then:
      end_call: Goodbye for good.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: hi
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  warm:
    tts: espeak
"""
VOICE = "stt: ears\n    tts: warm\n    vad: no\n    turn_taking:\n      detection: manual"
TRANSFER = ("transfer_to_kitchen", "{}")
MENU = ToolResponse(ok=True, output="soup")
GONE = ToolResponse(ok=False, output="out of order", error="out of order")


def folder(say="say: One moment.", mode="mode: text"):
    return FOLDER.replace("MODE", mode).replace("SAY", say)


def step(*names):
    """An answer of the model that calls these tools."""
    return [name if isinstance(name, tuple) else (name, "{}") for name in names]


SIDE_BY_SIDE = {
    "a tool": (["note_it"], MENU, []),
    "two tools": (["note_it", "note_it"], MENU, []),
    "words": (["say_it"], MENU, ["It is noted."]),
    "a tool with instructions": (["tell_it"], MENU, []),
    "a tool with words": (["ask_it"], MENU, ["The menu is here."]),
    "a tool that fails": (["ask_it"], GONE, ["The menu is gone."]),
    "a tool that breaks": (["ask_it"], ValueError("broken"), ["The menu is gone."]),
    "a tool that does not exist": (["fly"], MENU, []),
    "arguments that cannot be read": ([("note_it", "}{")], MENU, []),
    "arguments that do not fit": ([("note_it", '{"a": 1}')], MENU, []),
    "a tool and words": (["note_it", "say_it"], MENU, ["It is noted."]),
    "the end": (["end_call"], MENU, []),
    "the same handoff again": ([TRANSFER], MENU, []),
    "another handoff": (["transfer_to_cellar"], MENU, []),
}


@pytest.mark.parametrize("say", ["say: One moment.", "context: full"], ids=["words", "silent"])
@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("beside", SIDE_BY_SIDE.values(), ids=SIDE_BY_SIDE)
async def test_nothing_is_said_after_the_leaving_words(begin, beside, place, say):
    """What is called together with a handoff is done, and the next persona speaks at once."""
    tools, answer, words = beside
    order = [TRANSFER, *tools] if place == "first" else [*tools, TRANSFER]
    brain = Wild(step(*order), "HOST SPEAKS AGAIN.")
    talk = await begin(folder(say), answer, models={"brain": brain})
    events = await talk.say("food")
    leaving = ["One moment."] if "One moment." in say else []
    assert events.texts == [*words, *leaving, "Kitchen here."]
    assert [e["to"] for e in events if e["type"] == "handoff"] == ["kitchen"]
    assert len(brain.offered) == 1
    assert not talk.conversation.ended.done()
    assert {e["persona"] for e in events if e.get("role") == "agent"} == {"host", "kitchen"} or (
        not words and not leaving
    )


@pytest.mark.parametrize("order", list(itertools.permutations(["note_it", "ask_it", TRANSFER])))
async def test_answers_go_along(begin, order):
    """What the tools of the same step have found is told to the next persona, in any order."""
    brain = Wild(step(*order), "You get soup.")
    talk = await begin(folder(), MENU, models={"brain": brain})
    await talk.say("food")
    chat = talk.conversation.session.current_agent.chat_ctx
    assert any(i.type == "function_call_output" and i.output == "soup" for i in chat.items)
    assert talk.conversation.variables == {"noted": True}
    assert (await talk.say("what is there")).texts == ["You get soup."]


async def test_words_of_the_model_stand_in_for_the_leaving_ones(begin):
    """What the model says together with a tool and a handoff are its last words."""
    brain = Wild(["Noted, the kitchen knows.", ("note_it", "{}"), TRANSFER], "AGAIN.")
    talk = await begin(folder(), models={"brain": brain})
    assert (await talk.say("food")).texts == ["Noted, the kitchen knows.", "Kitchen here."]


@pytest.mark.parametrize("tools", [["go_away", TRANSFER], [TRANSFER, "go_away"]])
async def test_a_tool_that_hands_over_and_a_handoff(begin, tools):
    """Of a tool that hands the call over and a handoff one happens, and nobody speaks twice."""
    brain = Wild(step(*tools), "AGAIN.")
    talk = await begin(folder(), models={"brain": brain})
    events = await talk.say("food")
    assert events.kinds.count("handoff") == 1
    assert events.texts in (["Bar here."], ["One moment.", "Kitchen here."])
    assert len(brain.offered) == 1


@pytest.mark.parametrize("tools", [["hang_up", TRANSFER], [TRANSFER, "hang_up"]])
async def test_a_tool_that_ends_and_a_handoff(begin, tools):
    """An end that the author wrote is certain: nobody takes over, and nobody speaks after it."""
    brain = Wild(step(*tools), "AGAIN.")
    talk = await begin(folder("context: full"), models={"brain": brain})
    events = await talk.say("food")
    assert events.texts == ["Goodbye for good."]
    assert "handoff" not in events.kinds
    assert events[-1]["reason"] == "end_call"
    assert len(brain.offered) == 1


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        (["Goodbye!", ("end_call", "{}"), ("note_it", "{}")], ["Goodbye!"]),
        (["Goodbye!", ("note_it", "{}"), ("end_call", "{}")], ["Goodbye!"]),
        ([("note_it", "{}"), ("end_call", "{}")], ["So long."]),
        ([("hang_up", "{}"), ("note_it", "{}")], ["Goodbye for good."]),
    ],
)
async def test_nothing_is_said_after_the_goodbye(begin, answer, texts):
    """A tool that is called together with the end brings no second goodbye."""
    talk = await begin(folder(), models={"brain": Wild(answer, "So long.", "And again.")})
    events = await talk.say("bye")
    assert events.texts == texts
    assert events[-1]["reason"] == "end_call"


async def test_the_end_is_told_that_it_did_not_happen(begin):
    """A model that ends the call while it hands it over is told that the call goes on."""
    brain = Wild(step("end_call", TRANSFER))
    talk = await begin(folder(), models={"brain": brain})
    events = await talk.say("food")
    outputs = {e["name"]: e["output"] for e in events if e["type"] == "tool_result"}
    assert outputs == {"end_call": "The call goes on: it is handed to kitchen."}


async def test_a_closed_handoff_does_not_keep_the_call(begin):
    """Beside a handoff that is closed just now the end is an end."""
    talk = await begin(folder(), models={"brain": Wild(step("end_call", "transfer_to_cellar"))})
    events = await talk.say("bye")
    assert events[-1]["reason"] == "end_call"
    assert "handoff" not in events.kinds


async def test_a_service_that_hangs_does_not_hold_the_leaving_words_back(begin):
    """Where no other tool may speak, the leaving words are said before its answer is there."""
    quiet = folder().replace("    then:\n      say: The menu is here.\n", "")
    quiet = quiet.replace("    on_error:\n      say: The menu is gone.\n", "")

    async def slow(_request):
        await talk.until(lambda event: event.get("text") == "One moment.")
        return httpx.Response(200, text="soup")

    talk = await begin(quiet, service=slow, models={"brain": Wild(step("ask_it", TRANSFER))})
    assert (await talk.say("food")).texts == ["One moment.", "Kitchen here."]


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("tool", ["note_it", "say_it", "ask_it", "end_call"])
async def test_by_voice(begin, place, tool):
    """By voice it is the same: its own words, the leaving words, then the next persona's."""
    order = [TRANSFER, tool] if place == "first" else [tool, TRANSFER]
    brain = Wild(step(*order), "HOST SPEAKS AGAIN.")
    talk = await begin(folder(mode=VOICE), MENU, channel="voice", models={"brain": brain})
    talk.conversation.session.generate_reply(user_input="food")
    await talk.until(lambda event: event.get("text") == "Kitchen here.")
    words = {"say_it": ["It is noted."], "ask_it": ["The menu is here."]}.get(tool, [])
    assert talk.events.texts == [*words, "One moment.", "Kitchen here."]
    assert len(brain.offered) == 1
