"""What a caller does in their app, in a dialogue by text."""

import pytest

from runner.front.port import DialogueError
from runner.front.talks_port import Tap

pytestmark = pytest.mark.usefixtures("socket")

APP = """    description: The desk
    app:
      on:
        choose:
          parameters:
            dish:
              type: text
          then:
            - set:
                name: "{{ args.dish }}"
            - say: "{{ args.dish }}, a good choice."
"""


@pytest.fixture
def with_app(changed, releases):
    """The desk has an app."""
    releases.swap(changed("    description: The desk\n", APP))


async def tapped(texts, session, method, **sent):
    return await texts.turn("desk", "", session, None, None, tap=Tap(method, sent))


@pytest.mark.usefixtures("with_app")
async def test_a_tap_is_a_turn(texts):
    """With what the agent says to it; the first turn of a dialogue may be one."""
    first = await tapped(texts, None, "choose", dish="soup")
    assert (first.text, first.variables) == ("soup, a good choice.", {"name": "soup"})
    assert [e["type"] for e in first.events] == ["message", "app", "message"]
    again = await tapped(texts, first.session_id, "choose", dish="pho")
    assert [(e["turn"], e["type"]) for e in again.events] == [(2, "app"), (2, "message")]


@pytest.mark.usefixtures("with_app")
@pytest.mark.parametrize(
    ("method", "sent", "words"),
    [
        ("chose", {}, "the app cannot do this: there is no method 'chose'"),
        ("choose", {}, "the app cannot do this: .*dish"),
        ("choose", {"dish": "a", "more": 1}, "the app cannot do this: .*more"),
    ],
)
async def test_a_tap_that_cannot_be_is_told(texts, method, sent, words):
    """And the dialogue goes on as it was."""
    session = (await texts.turn("desk", "", None, None, None)).session_id
    with pytest.raises(DialogueError, match=words) as refused:
        await tapped(texts, session, method, **sent)
    assert refused.value.code == "bad_request"
    turn = await texts.turn("desk", "hello", session, None, None)
    assert turn.text == "I hear you."
    assert {event["turn"] for event in turn.events} == {1}  # what was refused was no turn
