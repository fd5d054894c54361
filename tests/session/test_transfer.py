"""A person on the telephone takes the call over: what is dialled, said, and what follows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from runner.session import Caller, CallFacts
from runner.session.observers.departure import Departure
from runner.session.telephone.port import PassOn, Reached

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      line:
        type: text
        default: "+442079460018"
      noted:
        type: yes_no
        default: "no"
      open:
        type: yes_no
        default: "yes"
    keypad:
      "1":
        transfer_call:
          to: "{{ line }}"
          say: One moment.
          ring_for: 20s
          headers:
            X-Customer: "{{ caller.phone }}"
            X-Order: "{{ caller.attributes.order }}"
      "2":
        - transfer_call:
            to: sip:desk@pbx.example
            on_failure:
              say: "{{ error.reason }}: {{ error.message }} ({{ error.status }})."
        - say: Still here.
      "3":
        - transfer_call:
            to: "{{ line }}"
          if: open
        - say: Anything else?
      "4":
        transfer_call:
          to: "{{ line }}"
          on_failure:
            handoff: night
      "5":
        transfer_call:
          to: "{{ line }}"
          how: warm
personas:
  host:
    instructions: You are the desk.
    greeting:
      say: Hello.
    tools:
      - put_through
      - patient
  night:
    instructions: You are the night desk.
    greeting:
      say: Night desk.
tools:
  put_through:
    description: Put the caller through to a department.
    if: open
    parameters:
      department:
        type: text
    transfer_call:
      to: "{{ line }}"
      say: I put you through to {{ args.department }}.
    then:
      set:
        noted: "yes"
  patient:
    description: Put the caller through to the doctor.
    transfer_call:
      to: "{{ line }}"
      on_failure:
        instructions: Offer a call back.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: sales
          call:
            put_through:
              department: sales
        - when_caller_says: doctor
          call: patient
        - when_tool_failed: put_through
          say: So sorry.
        - when_instructed: offer a call back
          say: Shall we call you back?
        - when_tool_failed: patient
          say: Nobody told me what to say.
      otherwise: Hm.
"""

CALLER = CallFacts(caller=Caller("sip_1", kind="sip", phone="+442079460000"))
BUSY = Reached("busy", "the line is busy", 486)


@dataclass
class Line:
    """LiveKit's telephone, which does as it is told."""

    result: Reached = field(default_factory=Reached)
    wishes: list[PassOn] = field(default_factory=list)
    ringing: asyncio.Event = field(default_factory=asyncio.Event)
    picked_up: asyncio.Event | None = None

    async def pass_on(self, wish: PassOn) -> Reached:
        self.wishes.append(wish)
        self.ringing.set()
        if self.picked_up is not None:
            await self.picked_up.wait()
        return self.result


def by_telephone(talk, line):
    """Let a conversation be one of a caller in a room."""
    call = talk.conversation._call
    call.room, call.transfers = SimpleNamespace(name="room"), line
    return talk


def transfers(events):
    """What is told of transfers: state and reason."""
    return [(e["state"], e.get("reason")) for e in events if e["type"] == "transfer"]


@pytest.mark.proves(
    "TransferCall.transfer_call", "Transfer.to", "Transfer.say", "Transfer.ring_for",
    "Transfer.headers",
)  # fmt: skip
async def test_the_caller_s_line_is_passed_on(begin):
    """Number, time and headers as they are written; what has no value is left out."""
    line = Line()
    talk = by_telephone(await begin(FOLDER, facts=CALLER), line)
    events = await talk.press("1")
    headers = {"X-Customer": "+442079460000"}
    assert line.wishes == [PassOn("+442079460018", "sip_1", 20.0, headers)]
    assert events.texts == ["One moment."]
    assert transfers(events) == [("calling", None), ("done", None)]
    assert await talk.conversation.ended == "transferred"


@pytest.mark.proves("Transfer.how", "TransferCall.if")
async def test_a_transfer_is_shown_where_there_is_no_telephone(begin):
    """By text the call ends as if somebody had answered; a false if leaves it out."""
    talk = await begin(FOLDER, given={"open": "no"})
    assert (await talk.press("3")).texts == ["Anything else?"]
    (event,) = [e for e in await talk.press("5") if e["type"] == "transfer"]
    assert (event["to"], event["how"], event["state"]) == ("+442079460018", "warm", "shown")
    assert await talk.conversation.ended == "transferred"


@pytest.mark.proves("Transfer.on_failure")
async def test_what_is_done_where_it_fails(begin):
    """Why it failed can be said; then the list goes on."""
    talk = by_telephone(await begin(FOLDER, facts=CALLER), Line(BUSY))
    events = await talk.press("2")
    assert events.texts == ["busy: the line is busy (486).", "Still here."]
    assert transfers(events) == [("calling", None), ("failed", "busy")]
    assert not talk.conversation.ended.done()


async def test_a_failure_may_lead_to_a_persona(begin):
    """The night desk takes the call that nobody else did."""
    talk = by_telephone(await begin(FOLDER, facts=CALLER), Line(Reached("no_answer")))
    assert (await talk.press("4")).texts == ["Night desk."]
    assert talk.conversation.persona == "night"


async def test_a_failure_without_an_answer_is_told_by_lkrun(begin):
    """Where nothing is done and nothing follows, the caller hears that it failed."""
    line = Line(Reached("livekit_failed"))
    talk = by_telephone(await begin(FOLDER, facts=CALLER), line)
    assert (await talk.press("1")).texts == [
        "One moment.",
        "Sorry, I could not put you through.",
    ]
    assert (await talk.press("3")).texts == ["Anything else?"]


@pytest.mark.proves(
    "TransferCallTool.transfer_call", "TransferCallTool.parameters", "TransferCallTool.then",
    "TransferCallTool.description", "TransferCallTool.if",
)  # fmt: skip
async def test_the_model_puts_the_caller_through(begin):
    """Its arguments may be said; what comes after success is done before the end."""
    talk = await begin(FOLDER)
    events = await talk.say("sales")
    assert events.texts == ["I put you through to sales."]
    assert events.failed == [False]
    assert talk.conversation.variables["noted"] is True
    assert await talk.conversation.ended == "transferred"


async def test_the_model_is_told_why_it_failed(begin):
    """It is an error of the tool, with the reason in the language of the call."""
    talk = by_telephone(await begin(FOLDER, facts=CALLER), Line(BUSY))
    events = await talk.say("sales")
    assert events.texts == ["I put you through to sales.", "So sorry."]
    assert "not put through: the line is busy." in events.outputs[0]
    assert talk.conversation.variables["noted"] is False


async def test_instructions_for_a_failure_go_with_the_answer(begin):
    """The model is asked once, with the instructions of on_failure."""
    talk = by_telephone(await begin(FOLDER, facts=CALLER), Line(BUSY))
    events = await talk.say("doctor")
    assert events.outputs[0].endswith("Offer a call back.")


@pytest.mark.parametrize("kind", ["standard", "connector", None])
async def test_only_a_caller_by_telephone_can_be_passed_on(begin, kind):
    """A caller in a browser has no line: it fails, and nobody is called."""
    line = Line()
    facts = CallFacts(caller=Caller("web", kind=kind))
    talk = by_telephone(await begin(FOLDER, facts=facts), line)
    events = await talk.press("2")
    assert events.texts[0] == "no_telephone: the caller is not on the telephone ()."
    assert line.wishes == []


async def test_a_room_without_a_telephone(begin):
    """A caller by the page's own voice socket: neither cold nor warm."""
    talk = by_telephone(await begin(FOLDER, facts=CALLER), None)
    assert transfers(await talk.press("5")) == [("failed", "no_telephone")]


@pytest.mark.parametrize(
    ("written", "reason"),
    [("12", "bad_number"), ("", "no_number"), ("desk@pbx", "bad_number"), ("{{", "bad_number")],
)
async def test_a_template_that_gives_no_number(begin, written, reason):
    """Nobody is called, and the caller hears that it failed."""
    line = Line()
    talk = by_telephone(await begin(FOLDER, facts=CALLER, given=None), line)
    talk.conversation._call.bound.variables.set("line", written)
    events = await talk.press("1")
    assert transfers(events) == [("failed", reason)]
    assert events.texts == ["Sorry, I could not put you through."]
    assert line.wishes == []


@pytest.mark.parametrize("written", ["+44 20 7946 0018", "0044 20 7946 0018", "442079460018"])
async def test_a_number_from_elsewhere_is_dialled_in_full(begin, written):
    """A service's number with spaces or 00 is the same number."""
    line = Line()
    talk = by_telephone(await begin(FOLDER, facts=CALLER), line)
    talk.conversation._call.bound.variables.set("line", written)
    await talk.press("1")
    assert [wish.to for wish in line.wishes] == ["+442079460018"]


@pytest.mark.parametrize("answered", [True, False])
async def test_the_caller_leaves_while_they_are_passed_on(begin, answered):
    """Who was passed on has not hung up; who was not, has."""
    line = Line(Reached() if answered else BUSY, picked_up=asyncio.Event())
    talk = by_telephone(await begin(FOLDER, facts=CALLER), line)
    call, gone = talk.conversation._call, []
    departure = Departure(call, lambda: gone.append(True))
    departure.who = lambda: "sip_1"
    pressing = asyncio.create_task(talk.press("3"))
    await line.ringing.wait()
    departure.left(SimpleNamespace(identity="sip_1", disconnect_reason=1))
    line.picked_up.set()
    await pressing
    assert gone == ([] if answered else [True])


async def test_one_transfer_at_a_time(begin):
    """A second one while the first goes on is none."""
    line = Line(picked_up=asyncio.Event())
    talk = by_telephone(await begin(FOLDER, facts=CALLER), line)
    pressing = asyncio.create_task(talk.press("1"))
    await line.ringing.wait()
    call = talk.conversation._call
    (action,) = call.persona.plan.keypad["5"]
    await call.persona.unasked.act((action,))
    assert transfers(talk.events) == [("calling", None), ("failed", "under_way")]
    line.picked_up.set()
    await pressing


async def test_a_test_says_what_comes_of_it(begin):
    """Tool, arguments, number and way are told to whoever stands in for the telephone."""
    heard = []

    async def rehearsed(tool, about):
        heard.append((tool, dict(about)))
        return BUSY

    talk = await begin(FOLDER, rehearsed=rehearsed)
    await talk.say("sales")
    await talk.press("5")
    assert heard == [
        ("put_through", {"department": "sales", "to": "+442079460018", "how": "cold"}),
        ("", {"to": "+442079460018", "how": "warm"}),
    ]
