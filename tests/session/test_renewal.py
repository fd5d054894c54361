"""A running call takes another release between two turns."""

from __future__ import annotations

import asyncio

import pytest

from runner.egress.port import Answer
from runner.session.conversation import CannotRenewError

FOLDER = """
agents:
  clinic:
    start: desk
    llm: brain
    reload: next_turn
    mode: text
    variables:
      town: Hanoi
      count:
        type: text
        default: "7"
      order:
        type: text
    tools:
      - look
      - end_call
personas:
  desk:
    instructions: You are in {{ town }}.
    greeting:
      say: Good day.
    handoffs:
      night:
        when: It is night.
        say: One moment.
  night:
    instructions: Night desk.
    greeting:
      say: Night desk here.
    on_return:
      say: Again the night desk.
    handoffs:
      desk:
        when: It is day.
tools:
  look:
    description: Look it up.
    http:
      url: https://service.example/look
    then:
      say: Found it.
  keep:
    description: Keep it.
    set:
      order: "{{ args.what }}"
    parameters:
      what:
        type: text
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: look
          call: look
        - when_caller_says: night
          call: transfer_to_night
        - when_caller_says: day
          call: transfer_to_desk
        - when_caller_matches: 'keep (?P<what>\\w+)'
          call:
            keep:
              what: "{what}"
      otherwise: I hear you.
"""


def other(*pairs):
    """The folder with some words replaced."""
    text = FOLDER
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def talk(begin):
    """Begin a conversation with the folder."""

    async def start(text=FOLDER, *answers, **rest):
        return await begin(text, *(answers or (Answer(ok=True, output="{}"),)), **rest)

    return start


async def test_reload_is_read(load):
    """An agent says whether its running calls take changes; without it they do not."""
    assert load(FOLDER).agent.reload == "next_turn"
    assert load(other(("    reload: next_turn\n", ""))).agent.reload == "new_calls"


async def test_instructions_count_from_the_next_turn(talk, load):
    """New instructions are there, nothing is said, and what was said is not forgotten."""
    call = await talk()
    await call.say("hello")
    told = list(call.events)
    done = await call.conversation.renew(load(other(("town: Hanoi", "town: Hue"))))
    assert done.live == ("agents.clinic.variables.town",)
    assert done.waiting == ()
    assert call.system == "You are in Hue."
    assert call.events == told
    history = call.conversation.session.current_agent.chat_ctx
    assert [m.text_content for m in history.messages()[1:]] == ["Good day.", "hello", "I hear you."]
    assert history.messages()[0].text_content == "You are in Hue."
    assert (await call.say("hello")).texts == ["I hear you."]


async def test_the_same_release_changes_nothing(talk, load):
    """A release that is the same is taken, and has no changed keys."""
    call = await talk()
    done = await call.conversation.renew(load(FOLDER))
    assert (done.live, done.waiting) == ((), ())


async def test_answers_of_tools_that_are_gone_become_notes(talk, load):
    """What a tool found stays known when the tool is gone."""
    call = await talk(FOLDER, Answer(ok=True, output='{"free": 8}'))
    await call.say("look")
    gone = other(
        ("      - look\n", ""),
        (FOLDER[FOLDER.index("  look:\n    d") : FOLDER.index("  keep:")], ""),
    )
    done = await call.conversation.renew(load(gone))
    assert set(done.live) == {"agents.clinic.tools", "tools.look"}
    items = call.conversation.session.current_agent.chat_ctx.items
    assert not [i for i in items if i.type in ("function_call", "function_call_output")]
    assert '<earlier_result tool="look">{"free": 8}</earlier_result>' in [
        i.text_content for i in items if i.type == "message"
    ]


async def test_two_renewals_at_once(talk, load):
    """Of several that wait the newest is taken; the others are told at once."""
    call = await talk()
    turn = asyncio.create_task(call.say("hello"))
    await asyncio.sleep(0)
    one = asyncio.create_task(call.conversation.renew(load(other(("town: Hanoi", "town: Hue")))))
    await asyncio.sleep(0)
    two = asyncio.create_task(call.conversation.renew(load(other(("town: Hanoi", "town: Vinh")))))
    with pytest.raises(CannotRenewError, match="a newer release has come"):
        await one
    assert not two.done()
    await turn
    await two
    assert call.system == "You are in Vinh."
