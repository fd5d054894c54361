"""A running call takes another release between two turns."""

from __future__ import annotations

import asyncio
import re

import pytest
from support.known import known

from runner.egress.port import ToolResponse
from runner.session import CallFacts
from runner.session.conversation import CannotRenewError, Conversation

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
      - keep
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


LOOK = FOLDER[FOLDER.index("  look:\n    d") : FOLDER.index("  keep:")]
NO_LOOK = (("      - look\n", ""), (LOOK, ""))
FOREIGN = ("providers:\n", "providers:\n  other:\n    llm: inference\n    with:\n      model: m\n")
DARK = """\
providers:
  dark:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: Hi.
      otherwise: "{{ secrets.W }}"
"""
VOICES = """
  warm:
    tts: espeak
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
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
        return await begin(text, *(answers or (ToolResponse(ok=True, output="{}"),)), **rest)

    return start


@pytest.mark.proves("Agent.reload")
async def test_reload_is_read(load):
    """An agent says whether its running calls take changes; without it they do not."""
    assert load(FOLDER).agent.reload == "next_turn"
    assert load(other(("    reload: next_turn\n", ""))).agent.reload == "new_calls"


async def test_instructions_count_from_the_next_turn(talk, load):
    """New instructions are there, nothing is said, and what was said is not forgotten."""
    call = await talk()
    await call.say("hello")
    before = list(call.events)
    done = await call.conversation.renew(load(other(("town: Hanoi", "town: Hue"))))
    assert done.live == ("agents.clinic.variables.town",)
    assert done.waiting == ()
    assert call.system == "You are in Hue."
    assert call.events == before
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
    call = await talk(FOLDER, ToolResponse(ok=True, output='{"free": 8}'))
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


async def test_a_tool_that_runs_finishes_first(talk, load):
    """A tool that the new release does not have is done to its end, and so is what follows."""
    call = await talk()
    begun, go = asyncio.Event(), asyncio.Event()

    async def ask(_):
        begun.set()
        await go.wait()
        return ToolResponse(ok=True, output="found")

    call.service.ask = ask
    turn = asyncio.create_task(call.say("look"))
    await begun.wait()
    renewal = asyncio.create_task(call.conversation.renew(load(other(*NO_LOOK))))
    await asyncio.sleep(0)
    go.set()
    assert (await turn).texts == ["Found it."]
    await renewal
    assert "look" not in [tool.id for tool in call.conversation.session.current_agent.tools]
    assert (await call.say("look")).texts == ["I hear you."]


async def test_a_turn_that_waits_is_the_first_of_the_new_release(talk, load):
    """What is said after the change was offered is answered by it."""
    call = await talk()
    new = other(("otherwise: I hear you.", "otherwise: I listen."))
    turn = asyncio.create_task(call.say("hello"))
    await asyncio.sleep(0)
    renewal = asyncio.create_task(call.conversation.renew(load(new)))
    await asyncio.sleep(0)
    assert (await call.say("hello")).texts == ["I listen."]
    assert (await turn).texts == ["I hear you."]
    assert (await renewal).live == ("providers.brain.with.otherwise",)


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        (None, "persona 'desk', which speaks, is gone"),
        ((("mode: text", "mode: voice\n    stt: ears\n    tts: warm"),), "mode' has changed"),
        ((("  clinic:", "  surgery:"),), "the release is one of 'surgery', another agent"),
        (
            (("otherwise: I hear you.", 'otherwise: "{{ secrets.WORDS }}"'),),
            "provider 'brain' needs a secret that is not set: WORDS",
        ),
        (
            (("    llm: brain\n", "    llm:\n      - brain\n      - other\n"), FOREIGN),
            "provider 'other': llm 'inference' could not be set up",
        ),
    ],
)
async def test_what_cannot_be_taken_changes_nothing(talk, load, pairs, why):
    """A release that a call cannot take leaves it as it was, and says why in a sentence."""
    call = await talk()
    await call.say("keep this")
    text = FOLDER.replace("desk", "front") if pairs is None else other(*pairs)
    new = load(text.replace("town: Hanoi", "town: Hue") + VOICES)
    shared = call.conversation._call
    before, tools = shared.bound, call.conversation.session.current_agent.tools
    with pytest.raises(CannotRenewError, match=re.escape(why)) as refused:
        await call.conversation.renew(new)
    assert "\n" not in str(refused.value)
    assert shared.bound == before
    assert call.conversation.session.current_agent.tools == tools
    assert call.system == "You are in Hanoi."
    assert (await call.say("hello")).texts == ["I hear you."]
    await call.conversation.renew(load(other(("town: Hanoi", "town: Hue"))))
    assert call.system == "You are in Hue."


async def test_a_bug_is_told_in_a_line(talk, load):
    """Whatever goes wrong in building the new state, the call goes on as it was."""
    call = await talk()
    new = load(FOLDER)
    new = new.model_copy(update={"agent": new.agent.model_copy(update={"variables": 5})})
    with pytest.raises(CannotRenewError, match="is not a mapping"):
        await call.conversation.renew(new)
    assert (await call.say("hello")).texts == ["I hear you."]


async def test_only_a_call_that_runs_is_renewed(talk, load):
    """Before it begins and after its end there is nothing to change."""
    release = load(FOLDER)
    unbegun = Conversation(release, None, CallFacts(), channel="text")
    with pytest.raises(CannotRenewError, match="the call has not begun"):
        await unbegun.renew(release)
    call = await talk(release)
    await call.conversation.end()
    with pytest.raises(CannotRenewError, match="the call has ended"):
        await call.conversation.renew(release)


async def test_a_call_that_ends_lets_the_renewal_go(talk, load):
    """Who waits for the end of a turn is told when there is none any more."""
    call = await talk()
    begun, answered = asyncio.Event(), asyncio.Event()

    async def ask(_):
        begun.set()
        await answered.wait()
        return ToolResponse(ok=True, output="too late")

    call.service.ask = ask
    turn = asyncio.create_task(call.say("look"))
    await begun.wait()
    renewal = asyncio.create_task(call.conversation.renew(load(FOLDER)))
    await asyncio.sleep(0)
    turn.cancel()
    ending = asyncio.create_task(call.conversation.end())
    await asyncio.sleep(0)
    answered.set()
    await ending
    with pytest.raises(CannotRenewError, match="the call has ended"):
        await renewal


async def test_variables_follow_their_declarations(talk, load, caplog):
    """New ones get their default, values that fit stay, others are lost and named."""
    call = await talk()
    await call.say("keep this")
    new = other(
        ('default: "7"\n', 'default: "8"\n      fresh:\n        default: in {{ town }}\n'),
        ("      order:\n        type: text\n", "      order:\n        type: integer\n"),
        ("      count:\n        type: text\n", "      count:\n        type: integer\n"),
        ("town: Hanoi", "town: Hue"),
    )
    done = await call.conversation.renew(load(new))
    assert call.conversation.variables == {"town": "Hue", "count": 7, "fresh": "in Hue"}
    assert "agents.clinic.variables.fresh" in done.live
    assert "variable 'order' has lost its value: it must be a whole number" in caplog.text
    await call.conversation.renew(load(FOLDER))
    assert call.conversation.variables == {"town": "Hanoi", "count": "7"}


async def test_a_private_value_that_is_lost_is_not_shown(talk, load, caplog):
    """The log names the variable, and not what was in it."""
    call = await talk(given={"order": "4711 and more"})
    private = (
        "      order:\n        type: text\n",
        "      order:\n        type: integer\n        private: yes\n",
    )
    new = other(private, ('order: "{{ args.what }}"', 'count: "{{ args.what }}"'))
    await call.conversation.renew(load(new))
    assert "variable 'order' has lost its value: it does not fit any more" in caplog.text
    assert "4711" not in caplog.text


async def test_waiting_keys_are_named(talk, load):
    """Keys that need a new call are told, and so are those that need another persona."""
    call = await talk()
    turns = "    turn_taking:\n      min_delay: 1s\n"
    new = other(
        ("    mode: text\n", "    mode: text\n    room:\n      text_in: no\n"),
        ("    instructions: You are in {{ town }}.\n", f"    instructions: Hi.\n{turns}"),
        ("    instructions: Night desk.\n", f"    instructions: Night desk.\n{turns}"),
    )
    done = await call.conversation.renew(load(new))
    assert set(done.live) == {"personas.desk.instructions", "personas.night.turn_taking.min_delay"}
    assert set(done.waiting) == {
        "agents.clinic.room.text_in",
        "personas.desk.turn_taking.min_delay",
    }


async def test_start_is_neither(talk, load):
    """Who answers calls is nothing to a call that was answered."""
    call = await talk()
    done = await call.conversation.renew(load(other(("start: desk", "start: night"))))
    assert (done.live, done.waiting) == ((), ())


async def test_where_the_call_came_from_may_be_gone(talk, load, caplog):
    """A persona that handed over and is gone cannot be gone back to."""
    call = await talk()
    await call.say("night")
    alone = other(
        ("start: desk", "start: night"),
        ("    handoffs:\n      desk:\n        when: It is day.\n", ""),
    )
    await call.conversation.renew(load(alone.replace("say: Found it.", "handoff: back")))
    await call.say("look")
    assert call.conversation.persona == "night"
    assert "'handoff: back' has nowhere to go: 'desk' is gone" in caplog.text


async def test_words_go_on_where_they_were(talk, load):
    """Words that are used in turn are not begun anew, and a warning is not repeated."""
    words = (
        "    then:\n      say: Found it.\n",
        "    then:\n      say:\n        - One.\n        - Two.\n",
    )
    call = await talk(other(words))
    assert (await call.say("look")).texts == ["One."]
    await call.conversation.renew(load(other(words, ("town: Hanoi", "town: Hue"))))
    assert (await call.say("look")).texts == ["Two."]


async def test_secrets_are_read_anew(talk, load):
    """Another value of a secret makes another model; messages show neither."""
    text = other(("otherwise: I hear you.", 'otherwise: "{{ secrets.WORDS }}"'))
    call = await talk(text, secrets={"WORDS": "first words"})
    release = load(text)
    await call.conversation.renew(release)
    model = call.conversation.session.current_agent.llm
    assert (await call.say("hello")).texts == ["first words"]
    await call.conversation.renew(release, secrets=known({"WORDS": "second words"}))
    assert call.conversation.session.current_agent.llm is not model
    assert (await call.say("hello")).texts == ["second words"]
    assert call.conversation._call.bound.models.mask("first words, second words") == "•••, •••"


async def test_a_secret_that_lacks_does_not_spoil_others(talk, load):
    """A persona whose model cannot be built is not handed to; others still are."""
    call = await talk()
    new = other(
        ("    instructions: Night desk.\n", "    instructions: Night desk.\n    llm: dark\n"),
        (
            "providers:\n",
            DARK,
        ),
    )
    await call.conversation.renew(load(new))
    await call.say("night")
    assert call.conversation.persona == "desk"
    await call.conversation.renew(load(FOLDER))
    assert (await call.say("night")).texts == ["One moment.", "Night desk here."]


async def test_two_hundred_renewals_leave_nothing_behind(talk, load):
    """What is replaced is closed, and neither the talk nor the process grows with it."""
    call = await talk()
    await call.say("look")
    releases = [
        load(
            other(
                ("otherwise: I hear you.", f"otherwise: I hear {n}."),
                ("town: Hanoi", f"town: T{n}"),
            )
        )
        for n in range(2)
    ]
    closed = []
    agent = call.conversation.session.current_agent
    for n in range(200):
        await call.conversation.renew(releases[n % 2])
        model = agent.llm
        closing = model.aclose

        async def aclose(closing=closing, n=n):
            closed.append(n)
            await closing()

        model.aclose = aclose
    assert (await call.say("hello")).texts == ["I hear 1."]
    await call.conversation._parts.renewal.closed()
    assert closed == list(range(199))
    assert len(call.conversation._call.bound.models.built()) == 1
    assert len(agent.chat_ctx.items) < 20
    assert len(agent.llm._events["error"]) == 1
