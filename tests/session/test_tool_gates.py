"""What refuses a call of a tool: rules, bounds, `max_uses`, `if`, one that runs already."""

from __future__ import annotations

import asyncio

import pytest
from support.wild import Wild

from runner.egress.port import ToolResponse
from runner.schema.actions import RunTool

FOLDER = """
agents:
  bank:
    start: teller
    mode: text
    llm: brain
    timezone: Europe/Berlin
    variables:
      balance:
        type: number
        DEFAULT
      branch: "3"
    tools:
      - pay
      - show
      - top_up
personas:
  teller:
    instructions: You are the teller.
tools:
  pay:
    description: Pay.
    parameters:
      amount:
        type: number
        BOUND
      day:
        type: date
        optional: yes
    KEYS
    http:
      url: https://pay.example/
      method: POST
      body:
        json:
          amount: "{{ args.amount }}"
  show:
    description: Show it.
    parameters:
      code:
        type: text
        length: "{{ branch }}"
    answer: The code is {{ args.code }}, the balance {{ balance }}.
  top_up:
    description: Top up.
    set:
      balance: "500"
    THEN
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
OK = ToolResponse(ok=True, output="Paid.")
RULES = """rules:
      - if: args.amount > balance
        answer: The balance is {{ balance }}; no more can be paid.
      - if: args.day < today_date
        answer: That day is over.
      - if: args.amount == 13
        answer: Thirteen is refused."""


def folder(keys="", bound="", default='default: "100"', then=""):
    text = FOLDER.replace("DEFAULT", default)
    for word, lines in (("BOUND", bound), ("KEYS", keys), ("THEN", then)):
        text = text.replace(word, lines) if lines else text.replace(f"{word}\n", "\n")
    return text


def pay(amount, **more):
    rest = "".join(f', "{name}": "{value}"' for name, value in more.items())
    return ("pay", f'{{"amount": {amount}{rest}}}')


@pytest.mark.proves("AnyTool.rules", "Rule.if", "Rule.answer")
@pytest.mark.parametrize(
    ("call", "outputs"),
    [
        (pay(101), "The balance is 100; no more can be paid."),
        (pay(5, day="2020-01-01"), "That day is over."),
        (pay(500, day="2020-01-01"), "The balance is 100; no more can be paid."),
        (pay(13), "Thirteen is refused."),
        (pay('"much"'), "pay was not run: 'amount' must be a number, not 'much'."),
    ],
)
async def test_the_first_rule_that_holds_refuses(begin, call, outputs):
    """The model is told its answer, nothing is sent; types are looked at before."""
    talk = await begin(folder(RULES), OK, models={"brain": Wild([call], "Well.")})
    refused = await talk.say("Pay.")
    assert refused.outputs == [outputs]
    assert refused.failed == [True]
    assert talk.service.asked == []


async def test_what_no_rule_refuses_is_done(begin):
    """A call within the rules goes out."""
    talk = await begin(
        folder(RULES), OK, models={"brain": Wild([pay(100, day="2999-01-01")], "Well.")}
    )
    assert (await talk.say("Pay.")).outputs == ["Paid."]
    assert len(talk.service.asked) == 1


async def test_rules_hold_for_actions_too(begin):
    """An action's call is refused as well, and the list ends there."""
    then = 'then:\n      - tool: pay\n        with:\n          amount: "13"\n      - say: Paid it.'
    talk = await begin(folder(RULES, then=then), OK, models={"brain": Wild([("top_up", "{}")])})
    done = await talk.say("Top up.")
    assert talk.service.asked == []
    assert "Paid it." not in done.texts


async def test_a_rule_that_cannot_be_worked_out_refuses(begin):
    """Better one call too few than one too many."""
    rules = "rules:\n      - if: 1 / (args.amount - 5) > 1\n        answer: Not that."
    talk = await begin(folder(rules), OK, models={"brain": Wild([pay(5)], "Well.")})
    assert (await talk.say("Pay.")).outputs == ["Not that."]
    assert talk.service.asked == []


async def test_bounds_go_by_a_variable(begin):
    """`max: "{{ balance }}"` is what the balance is when the tool is called."""
    model = Wild([pay(101)], "No.", [("top_up", "{}")], "Done.", [pay(101)], "Paid.")
    talk = await begin(folder(bound='max: "{{ balance }}"'), OK, models={"brain": model})
    refused = await talk.say("Pay.")
    assert refused.outputs == ["pay was not run: 'amount' must be at most 100, not '101'."]
    await talk.say("Top up.")
    assert (await talk.say("Pay.")).outputs == ["Paid."]


async def test_a_bound_that_is_not_known_refuses(begin):
    """Without a value nothing can be checked, so nothing is done; the model is told of none."""
    bounded = folder(bound='max: "{{ balance }}"', default="optional: yes")
    talk = await begin(bounded, OK, models={"brain": Wild([pay(1)], "No.")})
    outputs = (await talk.say("Pay.")).outputs
    assert outputs == ["pay was not run: 'amount' cannot be checked now: balance is not known."]
    assert talk.service.asked == []


async def test_the_model_is_told_the_bounds_of_now(begin):
    """The schema that it is offered has the number."""
    seen = []
    model = Wild("Fine.", [("top_up", "{}")], "Done.", "Fine.")
    chat = model.chat

    def spy(*, tools=None, **rest):
        schemas = {tool.id: tool.info.raw_schema for tool in tools or ()}
        seen.append(schemas["pay"]["parameters"]["properties"]["amount"].get("maximum"))
        return chat(tools=tools, **rest)

    model.chat = spy
    talk = await begin(folder(bound='max: "{{ balance }}"'), OK, models={"brain": model})
    for words in ("Hello.", "Top up.", "And now?"):
        await talk.say(words)
    assert seen == [100, 100, 500, 500]


@pytest.mark.proves(
    "Field.length", "AnswerTool.answer", "AnswerTool.parameters", "AnswerTool.description"
)
async def test_length_counts_characters(begin):
    """`length` is exact, and may be a variable's value; `answer` needs no service."""
    model = Wild([("show", '{"code": "abcd"}')], "No.", [("show", '{"code": "abc"}')], "Yes.")
    talk = await begin(folder(), OK, models={"brain": model})
    wrong, right = await talk.say("Show."), await talk.say("Show.")
    assert wrong.outputs == ["show was not run: 'code' must have 3 characters, not 'abcd'."]
    assert right.outputs == ["The code is abc, the balance 100."]


@pytest.mark.proves("AnyTool.max_uses")
async def test_max_uses_counts_the_model_and_actions(begin):
    """The tool is used so often in one call, whoever calls it; refused calls do not count."""
    then = 'then:\n      tool: pay\n      with:\n        amount: "1"'
    model = Wild(
        [pay('"x"')],
        "No.",
        [pay(1), pay(2)],
        "Once.",
        [("top_up", "{}")],
        "Twice.",
        [pay(3)],
        "No.",
    )
    talk = await begin(folder("max_uses: 2", then=then), OK, models={"brain": model})
    await talk.say("Wrong.")
    both = await talk.say("Pay.")
    assert both.failed == [False, False]
    again = await talk.say("Top up.")
    assert len(talk.service.asked) == 2
    assert any("has been used 2 times in this call" in output for output in again.outputs)
    last = await talk.say("Pay.")
    assert last.outputs == [
        "pay was not run: it has been used 2 times in this call, and may not be used again."
    ]


async def test_max_uses_goes_on_over_a_reload(begin, load):
    """Another release of a running call does not begin to count anew."""
    model = Wild([pay(1)], "Paid.")
    talk = await begin(folder("max_uses: 1"), OK, models={"brain": model})
    await talk.say("Pay.")
    await talk.conversation.renew(load(folder("max_uses: 1").replace("the teller", "a teller")))
    again = RunTool.model_validate({"tool": "pay", "with": {"amount": "1"}})
    await talk.conversation._call.persona.unasked.act((again,))
    assert talk.events.failed == [False, True]
    assert len(talk.service.asked) == 1


class Slow:
    """A service that answers when it is told to."""

    def __init__(self, talk):
        self.talk, self.asked, self.given_up = talk, [], 0
        self.begun, self.free = asyncio.Event(), asyncio.Event()
        talk.conversation._call.egress = self

    async def ask(self, ask):
        self.asked.append(ask)
        self.begun.set()
        async with self.talk._told:
            self.talk._told.notify_all()
        try:
            await self.free.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return OK


@pytest.mark.proves("WaitingTool.if_already_running")
@pytest.mark.parametrize(
    ("keys", "calls", "sent", "failed"),
    [
        ("", [pay(1), pay(1)], 1, 1),
        ("if_already_running: refuse", [pay(1), pay(1), pay(1)], 1, 2),
        ("if_already_running: refuse", [pay(1), pay(2)], 2, 0),
        ("if_already_running: refuse", [pay(1), pay("1.0")], 1, 1),
        ("if_already_running: allow", [pay(1), pay(1)], 2, 0),
    ],
)
async def test_an_identical_call_meanwhile(begin, keys, calls, sent, failed):
    """Identical is what does the same: name and arguments, however they are written."""
    talk = await begin(folder(keys), OK, models={"brain": Wild(calls, "Well.")})
    slow = Slow(talk)
    turn = asyncio.create_task(talk.say("Pay."))
    await talk.until(
        lambda _: (
            len(slow.asked) == sent
            and sum(x["type"] == "tool_result" for x in talk.events) == failed
        )
    )
    slow.free.set()
    done = await turn
    assert len(slow.asked) == sent
    assert sum(done.failed) == failed


async def test_replace_gives_the_first_up(begin):
    """With `replace` the newer call counts, and the older request is broken off."""
    text = folder("if_already_running: replace").replace("method: POST", "method: GET")
    text = text.replace('      body:\n        json:\n          amount: "{{ args.amount }}"\n', "")
    talk = await begin(text, OK, models={"brain": Wild([pay(1)], "Well.")})
    slow = Slow(talk)
    turn = asyncio.create_task(talk.say("Pay."))
    await slow.begun.wait()
    again = RunTool.model_validate({"tool": "pay", "with": {"amount": "1"}})
    action = asyncio.create_task(talk.conversation._call.persona.unasked.act((again,)))
    await talk.until(lambda _: len(slow.asked) == 2)
    assert slow.given_up == 1
    slow.free.set()
    await turn
    await action
    assert sorted(talk.events.outputs) == ["Paid.", "pay was begun anew: that answer counts."]


async def test_the_same_call_later_is_made(begin):
    """Only what runs at the same time is refused."""
    talk = await begin(folder(), OK, models={"brain": Wild([pay(1)], "Paid.", [pay(1)], "Again.")})
    await talk.say("Pay.")
    await talk.say("Pay.")
    assert len(talk.service.asked) == 2


async def test_an_if_holds_for_all_calls(begin):
    """Where `if` is false the model is refused, and an action passes the tool over."""
    then = 'then:\n      - tool: pay\n        with:\n          amount: "1"\n      - say: Went on.'
    talk = await begin(
        folder("if: balance < 50", then=then),
        OK,
        models={"brain": Wild([pay(1)], "No.", [("top_up", "{}")], "Well.")},
    )
    assert (await talk.say("Pay.")).outputs == ["pay cannot be used now."]
    assert (await talk.say("Top up.")).texts == ["Went on."]
    assert talk.service.asked == []


@pytest.mark.proves("AnswerTool.if", "AnswerTool.then")
async def test_an_answer_may_act_too(begin):
    """What follows `answer` is done as after any tool, and its `if` holds."""
    text = folder().replace(
        "    answer: The code",
        "    if: balance > 50\n    then:\n      say: So it is.\n    answer: The code",
    )
    model = Wild([("show", '{"code": "abc"}')])
    talk = await begin(text, OK, models={"brain": model})
    assert (await talk.say("Show.")).texts == ["So it is."]
    assert "show" in model.offered[0]
    poor = Wild("No.")
    talk = await begin(text.replace('"100"', '"10"'), OK, models={"brain": poor})
    await talk.say("Show.")
    assert "show" not in poor.offered[0]
