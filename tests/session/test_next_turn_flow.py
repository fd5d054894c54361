"""What must happen for certain goes by the release that a running call has taken."""

from __future__ import annotations

import pytest
from support import renewal_flow, renewal_keys

from runner.session.errors import AppFailedError, AppRefusedError


async def app(_tool, method, sent):
    """The caller's app: it has no seats at the back."""
    if sent.get("row") == "back":
        raise AppFailedError("there are none")
    return {"did": method, **sent}


async def tapped(talk, method):
    """What the app is answered that calls a method, and what is said of it."""
    before, app = len(talk.events), talk.conversation._parts.app
    try:
        answer = await app.receive(method, {"name": "Ann"})
    except AppRefusedError as refused:
        answer = str(refused)
    await app.settled()
    return talk.events[before:], answer


async def heard(talk, said):
    """What is said, done and offered in a long talk."""
    seen = []
    talk.conversation._parts.app._elsewhere = app
    for text in said:
        if talk.conversation.ended.done():
            break
        answer = None
        if text.startswith("@"):
            events, answer = await tapped(talk, text[1:])
        else:
            keys = text.startswith("/")
            events = await (talk.press(text[1:]) if keys else talk.say(text))
        agent = talk.conversation.session.current_agent
        offered = agent.makeup.toolbox.offered(agent.plan, agent.tools, "a turn to come")
        seen.append(
            (
                [{k: v for k, v in e.items() if k not in ("call_id", "turn")} for e in events],
                talk.conversation.variables,
                [tool.info.raw_schema for tool in offered],
                answer,
                talk.conversation._parts.app._view._attributes(),
            )
        )
    return seen


@pytest.mark.proves(
    "Need.fields", "Need.choices_from", "Need.pattern", "Need.min", "Need.max", "Need.of",
    "Need.default", "AskTool.then", "AskTool.description", "AskTool.if", "AskTool.parameters",
    "AskAgain.if",
)  # fmt: skip
@pytest.mark.parametrize(
    ("key", "folder"),
    [(key, folder) for folder in (renewal_flow, renewal_keys) for key in folder.CHANGES],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_a_changed_key_counts_as_in_a_new_call(key, folder, load, begin):
    """A call that takes the change goes on as one that begins with it."""
    old, new = folder.CHANGES[key]
    assert old in folder.FOLDER
    before = load(folder.FOLDER)
    after = load(folder.FOLDER.replace(old, new, 1))
    given = {"sizes": ["tiny"], "weights": ["heavy"]} if folder is renewal_flow else None
    talks = [await begin(release, given=given) for release in (before, after, before)]
    done = await talks[2].conversation.renew(after)
    assert done.live
    assert done.waiting == ()
    wanted = await heard(talks[1], folder.TALK)
    assert await heard(talks[2], folder.TALK) == wanted
    assert await heard(talks[0], folder.TALK) != wanted
