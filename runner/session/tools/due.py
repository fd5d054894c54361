"""`must_call`: the model's next reply begins with a call of one tool."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from livekit.agents import llm

from runner.session.call import Call

log = logging.getLogger("lkrun")


def due(
    call: Call, offered: Collection[str], items: Sequence[llm.ChatItem]
) -> llm.ToolChoice | None:
    """What the model has to call now.

    LiveKit may ask for one reply more than once, while the caller still speaks: what the agent's
    side of the talk ends with tells one reply from the next.
    """
    wanted = call.due
    if wanted is None:
        return None
    if wanted.tool not in offered:
        log.warning("the model cannot call '%s': it is not offered now", wanted.tool)
        call.due = None
        return None
    own = (i.id for i in reversed(items) if i.type != "message" or i.role != "user")
    place = next(own, "")
    if wanted.after not in (None, place):
        log.warning("the model did not call '%s', as it had to", wanted.tool)
        call.due = None
        return None
    wanted.after = place
    return {"type": "function", "function": {"name": wanted.tool}}


def called(call: Call, tool: str) -> None:
    """The model has called a tool: what was due is done."""
    if call.due is not None and call.due.tool == tool:
        call.due = None
