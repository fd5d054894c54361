"""`background: yes`: the talk goes on while a tool works, and its answer comes when it is there."""

from __future__ import annotations

import asyncio

import pytest
from support.wild import Wild

from runner.egress.port import ToolResponse
from runner.schema.actions import RunTool, Say

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
    handoffs:
      kitchen:
        when: It is about food.
    tools:
      - order
  kitchen:
    instructions: You cook.
    on_handoff:
      say: Kitchen here.
tools:
  find:
    description: Find a slot.
    http:
      url: https://find.example/
  order:
    description: Order it.
    parameters:
      what:
        type: text
    background: yes
    rules:
      - if: args.what == 'poison'
        answer: Not that.
    http:
      url: https://order.example/
      method: POST
    then:
      THEN
    on_error: Say that the order failed.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
OK = ToolResponse(ok=True, output="Order 7 is placed.")
GONE = ToolResponse(ok=False, output="The kitchen is closed.", error="HTTP 500")
ORDER = [("order", '{"what": "tea"}')]


def folder(then=""):
    return FOLDER.replace("THEN", then) if then else FOLDER.replace("    then:\n      THEN\n", "")


class Slow:
    """A service that answers when it is told to; other tools at once."""

    def __init__(self, talk, answer=OK):
        self.free, self.asked, self.answer = asyncio.Event(), [], answer
        talk.conversation._call.egress = self

    async def ask(self, ask):
        self.asked.append(ask.tool)
        if ask.tool == "order":
            await self.free.wait()
            return self.answer
        return ToolResponse(ok=True, output="At ten.")


@pytest.mark.proves("WaitingTool.background")
async def test_the_talk_goes_on_and_the_answer_comes(begin):
    """The model answers at once, other turns are had meanwhile, then it tells what came of it."""
    seen = []
    model = Wild(
        ORDER, "I am at it.", "Sure.", lambda chat: seen.append(chat.copy()) or "It is ordered."
    )
    talk = await begin(folder(), models={"brain": model})
    slow = Slow(talk)
    assert (await talk.say("Tea, please.")).texts == ["I am at it."]
    assert (await talk.say("Nice day.")).texts == ["Sure."]
    assert talk.events.outputs == []
    slow.free.set()
    await talk.until(lambda e: e.get("text") == "It is ordered.")
    assert talk.events.outputs == ["Order 7 is placed."]
    assert "Order 7 is placed." in str(seen[0].to_dict())


async def test_a_handoff_neither_waits_for_it_nor_breaks_it_off(begin):
    """The persona that speaks when the answer is there tells the caller of it."""
    model = Wild(ORDER, "I am at it.", [("transfer_to_kitchen", "{}")], "It is ordered.")
    talk = await begin(folder(), models={"brain": model})
    slow = Slow(talk)
    await talk.say("Tea, please.")
    assert (await talk.say("The kitchen, please.")).texts == ["Kitchen here."]
    slow.free.set()
    events = await talk.until(lambda e: e.get("text") == "It is ordered.")
    assert events["persona"] == "kitchen"


async def test_only_personas_that_list_it_are_offered_it(begin):
    """The session holds it, and each persona has what it lists."""
    model = Wild("Hello.", [("transfer_to_kitchen", "{}")], "Yes?")
    talk = await begin(folder(), models={"brain": model})
    for words in ("Hello.", "The kitchen.", "Well?"):
        await talk.say(words)
    assert model.offered[0] == {"find", "order", "transfer_to_kitchen"}
    assert model.offered[-1] == {"find"}


async def test_then_is_done_when_it_is_there(begin):
    """Words of `then` are spoken later, and the model is not asked to answer as well."""
    model = Wild(ORDER, "I am at it.")
    talk = await begin(folder("say: Your tea is ordered."), models={"brain": model})
    slow = Slow(talk)
    await talk.say("Tea, please.")
    slow.free.set()
    await talk.until(lambda e: e.get("text") == "Your tea is ordered.")
    assert len(model.choices) == 2


async def test_a_failure_comes_later_as_well(begin):
    """`on_error` is what the model is told of it."""
    seen = []
    model = Wild(ORDER, "I am at it.", lambda chat: seen.append(chat.copy()) or "It failed.")
    talk = await begin(folder(), models={"brain": model})
    slow = Slow(talk, GONE)
    await talk.say("Tea, please.")
    slow.free.set()
    await talk.until(lambda e: e.get("text") == "It failed.")
    assert "Say that the order failed." in str(seen[0].to_dict())


async def test_a_refused_call_is_answered_at_once(begin):
    """Nothing has begun: the model is told why in the same turn."""
    talk = await begin(folder(), models={"brain": Wild([("order", '{"what": "poison"}')], "No.")})
    slow = Slow(talk)
    refused = await talk.say("Poison.")
    assert refused.outputs == ["Not that."]
    assert refused.texts == ["No."]
    assert slow.asked == []


async def test_a_list_of_actions_does_not_wait_for_it(begin):
    """An action begins it and the list goes on; its `then` is done when it is there."""
    talk = await begin(folder("say: Your tea is ordered."), models={"brain": Wild()})
    slow = Slow(talk)
    actions = (
        RunTool.model_validate({"tool": "order", "with": {"what": "tea"}}),
        Say.model_validate({"say": ["I have asked the kitchen."]}),
    )
    await talk.conversation._call.persona.unasked.act(actions)
    assert talk.events.texts == ["I have asked the kitchen."]
    slow.free.set()
    await talk.until(lambda e: e.get("text") == "Your tea is ordered.")


async def test_a_reload_brings_it_to_a_running_call(begin, load):
    """A tool that becomes one of the background is offered on, and works so."""
    before = folder().replace("    background: yes\n", "")
    talk = await begin(before, models={"brain": Wild()})
    await talk.say("Hello.")
    await talk.conversation.renew(load(folder()))
    agent = talk.conversation.session.current_agent
    assert [tool.id for tool in agent.background] == ["order"]
    assert "order" not in [tool.id for tool in agent.tools]


async def test_the_end_of_a_call_waits_for_what_an_action_began(begin):
    """What has been sent is heard of, and nothing is left over."""
    talk = await begin(folder(), models={"brain": Wild()})
    slow = Slow(talk)
    action = RunTool.model_validate({"tool": "order", "with": {"what": "tea"}})
    await talk.conversation._call.persona.unasked.act((action,))
    ending = asyncio.create_task(talk.conversation.end("caller_left"))
    await talk.until(lambda e: e["type"] == "end")
    slow.free.set()
    await ending
    assert talk.conversation._call.apart == set()
