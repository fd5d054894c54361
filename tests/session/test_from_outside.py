"""What others have an agent do while a call runs."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import TypeAdapter

from runner.schema.actions import Action
from runner.session.errors import CallOverError, MisfitError

FOLDER = """
agents:
  desk:
    start: greeter
    mode: text
    llm: brain
    variables:
      table:
        type: integer
      guests:
        type: list
        of: integer
    tools:
      - note
personas:
  greeter:
    instructions: Your table is {{ table or 'not known' }}, for {{ guests or 'nobody' }}.
    greeting:
      say: Welcome.
    handoffs:
      cashier:
        when: They pay.
  cashier:
    instructions: You take money.
    greeting:
      say: Cash or card?
tools:
  note:
    description: Note a table.
    parameters:
      table:
        type: integer
    set:
      table: "{{ args.table }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: note it
          call:
            note:
              table: 3
      otherwise: Hm.
"""


def actions(*written):
    return tuple(map(TypeAdapter(Action).validate_python, written))


async def act(talk, *written, names=None):
    return [e.to_json() for e in await talk.conversation.act(actions(*written), names)]


async def test_an_action_is_done_between_two_turns(begin):
    """It is a turn of its own, and what is stored is there in the next."""
    talk = await begin(FOLDER)
    words = {"say": "Table {{ table }} is {{ args.state }}."}
    events = await act(talk, {"set": {"table": "7"}}, words, names={"args": {"state": "ready"}})
    assert [(e["turn"], e["text"]) for e in events] == [(1, "Table 7 is ready.")]
    assert talk.conversation.variables == {"table": 7}
    assert "Your table is 7" in talk.system
    assert [e["turn"] for e in await talk.say("fine")] == [2, 2]


async def test_values_are_not_rendered_again(begin):
    """What comes from outside is a value, whatever stands in it."""
    talk = await begin(FOLDER)
    events = await act(talk, {"say": "{{ args.words }}"}, names={"args": {"words": "{{ table }}"}})
    assert events[0]["text"] == "{{ table }}"


async def test_a_call_is_handed_over_and_ended(begin):
    """The persona that takes over speaks in the same turn; nothing is done after the end."""
    talk = await begin(FOLDER)
    events = await act(talk, {"handoff": "cashier"})
    assert [e["type"] for e in events] == ["handoff", "message"]
    assert talk.conversation.persona == "cashier"
    ended = await act(talk, {"end_call": "Bye."})
    assert [e.get("text", e.get("reason")) for e in ended] == ["Bye.", "end_call"]
    with pytest.raises(CallOverError):
        await act(talk, {"say": "Still there?"})


async def test_it_waits_for_the_turn_that_is_being_had(begin):
    """Of a turn and what comes meanwhile neither is lost or mixed with the other."""
    talk = await begin(FOLDER)
    turn, first, again = await asyncio.gather(
        talk.say("hello"), act(talk, {"say": "One."}), act(talk, {"say": "Two."})
    )
    assert [{e["turn"] for e in each} for each in (turn, first, again)] == [{1}, {2}, {3}]


@pytest.mark.parametrize(
    ("value", "problem"),
    [("{{ ['x'] }}", "'guests'"), ("{{ {'a': 1} }}", "'guests'"), ("{{ [1, 'two'] }}", "'guests'")],
)
async def test_a_value_that_does_not_fit_is_refused(begin, value, problem):
    """Nothing of the list is done then."""
    talk = await begin(FOLDER)
    with pytest.raises(MisfitError, match=problem):
        await act(talk, {"say": "Stored."}, {"set": {"guests": value}})
    assert talk.conversation.variables == {}
    assert [e["turn"] for e in talk.events] == [0]


async def test_by_voice_it_waits_until_nobody_speaks(begin):
    """And what still waits when the call ends is not done."""
    talk = await begin(FOLDER)
    call = talk.conversation._call
    call.in_room = True  # what is said can be cut short, and nobody waits for a turn
    with call.busy():
        waiting = asyncio.ensure_future(act(talk, {"say": "Later."}))
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting == []
    assert talk.events[-1]["text"] == "Later."
    with call.busy():
        left = asyncio.ensure_future(act(talk, {"say": "Never."}))
        await asyncio.sleep(0)
        await talk.conversation.end("caller_left")
        with pytest.raises(CallOverError):
            await left
    assert talk.events[-1]["type"] == "end"


async def test_what_has_happened_elsewhere_is_told_first(begin):
    """Its type and its data, before what is done for it."""
    talk = await begin(FOLDER)
    made = actions({"say": "Table {{ args.table }}."})
    events = await talk.conversation.act(made, {"args": {"table": 7}}, event="order.ready")
    assert events[0].to_json() == {
        "turn": 1, "type": "event", "persona": "greeter", "name": "order.ready",
        "arguments": {"table": 7},
    }  # fmt: skip
    assert events[1].text == "Table 7."
