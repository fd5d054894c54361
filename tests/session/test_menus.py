"""The model finds its way through a phone menu: LiveKit's detection, beside the persona's tools."""

from __future__ import annotations

import pytest
from livekit.agents.voice.events import UserInputTranscribedEvent

from runner.session.lifecycle.menus import navigate

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      open:
        type: yes_no
        default: "yes"
personas:
  host:
    instructions: You call a menu.
    tools:
      - press_keys
      - note
    handoffs:
      person:
        when: A person is there.
        if: open
  person:
    instructions: You talk with a person.
tools:
  note:
    description: Note it.
    if: open
    answer: Noted.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: press one for the doctor
          call:
            press_keys:
              keys: "1"
      otherwise: Hm.
"""


@pytest.fixture
async def menu(begin):
    """A call in which a menu has answered."""
    talk = await begin(FOLDER)
    await navigate(talk.conversation._call)
    return talk


async def test_the_model_presses_what_a_menu_asks_for(menu):
    """By lkrun's own tool, which tells of the keys; the rest of the persona is as it was."""
    events = await menu.say("Press one for the doctor.")
    assert [e["keys"] for e in events if e["type"] == "keypad"] == ["1"]
    assert (await menu.say("Hello?")).texts == ["Hm."]


@pytest.mark.parametrize("own", [True, False])
async def test_one_tool_presses_keys(begin, own):
    """Where the persona has none of its own, the model has LiveKit's."""
    folder = FOLDER if own else FOLDER.replace("      - press_keys\n", "")
    talk = await begin(folder)
    call = talk.conversation._call
    await navigate(call)
    session, makeup = talk.conversation.session, session_makeup(talk)
    tools = [*session.current_agent.tools, *session._ivr_activity.tools]
    offered = {tool.id for tool in makeup.toolbox.offered(call.persona.plan, tools)}
    assert offered & {"press_keys", "send_dtmf_events"} == (
        {"press_keys"} if own else {"send_dtmf_events"}
    )


def session_makeup(talk):
    """What the persona that speaks is made of."""
    return talk.conversation.session.current_agent.makeup


async def test_livekit_looks_for_a_menu_that_goes_round(menu):
    """Its loop detection listens as long as the call goes on."""
    session = menu.conversation.session
    assert session._ivr_activity is not None
    assert [tool.id for tool in session._ivr_activity.tools] == ["send_dtmf_events"]


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        (("press one for the doctor",), True),
        (
            ("Welcome to Sunrise.", "For the doctor press the one.", "Else please hold."),
            True,
        ),
        (("Yes.",), False),
    ],
)
async def test_a_menu_that_goes_round_is_left(menu, said, ends):
    """Where the model finds no way out; a person behind it may say yes as often as they like."""
    call, session = menu.conversation._call, menu.conversation.session
    for words in said * 30:
        session.emit(
            "user_input_transcribed", UserInputTranscribedEvent(transcript=words, is_final=True)
        )
    assert call.over is ends
    if ends:
        assert (await menu.until(lambda event: event["type"] == "end"))["reason"] == "end_call"
