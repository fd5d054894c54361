"""A variable of the call chooses who speaks: when the call begins, and again at each handoff."""

from __future__ import annotations

import pytest
from support.voice_folder import FOLDER, said

from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.errors import CannotStartError
from runner.session.models.trial import named

VARIABLE = """
    variables:
      voice:
        type: choice
        choices:
          - warm
          - bright
        default: warm
"""
CHOSEN = (
    FOLDER.replace("EXTRA\n", VARIABLE.lstrip("\n"))
    .replace("      TURNS\n", "")
    .replace("    tts: warm\n    vad: no\n    turn_taking:\n      detection: manual",
             '    tts: "{{ voice }}"\n    vad: no\n    turn_taking:\n      detection: manual')
    .replace("    tts: bright\n", "")
    .replace("    tts: warm\n    vad: no\n    turn_taking:\n      detection: vad",
             "    vad: no\n    turn_taking:\n      detection: vad")
)  # fmt: skip


def pitch(session):
    """How high the persona speaks."""
    agent = session.current_agent
    own = agent.tts
    return (own or session.tts).manner.pitch


@pytest.mark.parametrize(("given", "heard"), [({}, 50), ({"voice": "bright"}, 60)])
async def test_a_value_of_the_call_chooses_the_voice(begin, given, heard):
    """The default chooses, or what is given from outside."""
    talk = await begin(CHOSEN, channel="voice", given=given)
    await talk.until(said("Good day."))
    assert pitch(talk.conversation.session) == heard


async def test_it_is_looked_at_again_at_a_handoff(begin):
    """A value that changes in the call counts from the next handoff."""
    talk = await begin(CHOSEN, channel="voice")
    await talk.until(said("Good day."))
    session = talk.conversation.session
    talk.conversation._call.bound.variables.set("voice", "bright")
    assert pitch(session) == 50
    session.generate_reply(user_input="night")
    await talk.until(said("Night desk here."))
    assert pitch(session) == 60


async def test_a_fixed_variable_chooses(begin):
    """A fixed variable chooses too."""
    folder = CHOSEN.replace(VARIABLE.lstrip("\n"), "    variables:\n      voice: bright\n")
    talk = await begin(folder.replace("  warm:\n    tts: espeak\n", ""), channel="voice")
    await talk.until(said("Good day."))
    assert pitch(talk.conversation.session) == 60


async def test_a_name_that_is_none_is_refused(begin):
    """No call begins with a name that is not among the choices."""
    with pytest.raises(CannotStartError, match="voice"):
        await begin(CHOSEN, channel="voice", given={"voice": "loud"})


async def test_nothing_is_chosen_before_the_caller_is_known(load, caplog):
    """Where the value may come from the caller, no provider is built before they are there."""
    folder = CHOSEN.replace("You answer the phone.", "You answer {{ caller.name }}.")
    talk = Conversation(load(folder), None, CallFacts(), channel="voice", awaited=True)
    await talk.prepare()
    assert not talk._call.bound.models.built()
    assert not caplog.records
    await talk.abandon()


def test_doctor_tries_what_a_variable_may_choose(load):
    """Each provider that may be chosen is tried, and no variable is taken for one."""
    names = [name for kind, name, _ in named({"desk": load(CHOSEN)}) if kind == "tts"]
    assert sorted(names) == ["bright", "warm"]
