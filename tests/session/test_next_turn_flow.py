"""What must happen for certain goes by the release that a running call has taken."""

from __future__ import annotations

import pytest
from support.renewal_flow import CHANGES, FOLDER, TALK


async def heard(talk):
    """What is said, done and offered in a long talk."""
    seen = []
    for text in TALK:
        if talk.conversation.ended.done():
            break
        events = await talk.say(text)
        agent = talk.conversation.session.current_agent
        offered = agent._toolbox.offered(agent.plan, agent.tools, "a turn to come")
        seen.append(
            (
                [{k: v for k, v in e.items() if k not in ("call_id", "turn")} for e in events],
                talk.conversation.variables,
                [tool.info.raw_schema for tool in offered],
            )
        )
    return seen


@pytest.mark.proves(
    "Need.fields", "Need.choices_from", "Need.pattern", "Need.min", "Need.max", "Need.of",
    "Need.default", "AskTool.then", "AskTool.description", "AskTool.if", "AskTool.parameters",
    "AskAgain.if",
)  # fmt: skip
@pytest.mark.parametrize("key", CHANGES)
async def test_a_changed_key_counts_as_in_a_new_call(key, load, begin):
    """A call that takes the change goes on as one that begins with it."""
    old, new = CHANGES[key]
    assert old in FOLDER
    before = load(FOLDER)
    after = load(FOLDER.replace(old, new, 1))
    given = {"sizes": ["tiny"], "weights": ["heavy"]}
    talks = [await begin(release, given=given) for release in (before, after, before)]
    done = await talks[2].conversation.renew(after)
    assert done.live
    assert done.waiting == ()
    wanted = await heard(talks[1])
    assert await heard(talks[2]) == wanted
    assert await heard(talks[0]) != wanted
