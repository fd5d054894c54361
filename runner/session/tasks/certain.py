"""What lkrun does in a turn in place of the model.

A turn of LiveKit is answered by a model. Where something must happen for certain, the persona
answers in its place with the call of one tool (`plan.CERTAIN`), so that voice, typed text and
`session.run` go the same way. The model never sees that tool: neither offered, nor in the talk.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from livekit.agents import ChatContext, llm
from livekit.agents.utils import shortuuid

from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.call import Call
from runner.session.plan import CERTAIN

Deed = Callable[[ActionContext], Awaitable[ActionOutcome]]
"""Something that is done in a turn."""

BY_KEYS = "lkrun.keys"
"""Marks what the model is told of keys as if the caller had said it: it is no words of theirs."""

SCHEMA = {
    "name": CERTAIN,
    "description": "",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
}


def prepared(call: Call, deed: Deed) -> llm.ChatChunk:
    """What the model would have to answer so that a deed is done."""
    call_id = shortuuid("certain_")
    call.deeds[call_id] = deed
    call.shown.add(call_id)
    made = llm.FunctionToolCall(name=CERTAIN, arguments="{}", call_id=call_id)
    delta = llm.ChoiceDelta(role="assistant", tool_calls=[made])
    return llm.ChatChunk(id=call_id, delta=delta)


def last_caller(items: Sequence[llm.ChatItem]) -> llm.ChatMessage | None:
    """The caller's words, where they are the last of the talk: nothing has answered them."""
    last = items[-1] if items else None
    if last is not None and last.type == "message" and last.role == "user":
        return last
    return None


def with_note(chat: ChatContext, text: str) -> ChatContext:
    """The talk with a note to the model right before the caller's last words."""
    place = max(
        (n for n, i in enumerate(chat.items) if i.type == "message" and i.role == "user"),
        default=len(chat.items),
    )
    made = llm.ChatMessage(role="system", content=[text])
    return ChatContext([*chat.items[:place], made, *chat.items[place:]])


def without_deeds(chat: ChatContext) -> ChatContext:
    """The talk as the model is told of it: of a deed only what it should say now."""
    if not any(i.type == "function_call" and i.name == CERTAIN for i in chat.items):
        return chat
    callers = (n for n, i in enumerate(chat.items) if i.type == "message" and i.role == "user")
    latest = max(callers, default=-1)
    items: list[llm.ChatItem] = []
    for place, item in enumerate(chat.items):
        if item.type not in ("function_call", "function_call_output") or item.name != CERTAIN:
            items.append(item)
        elif item.type == "function_call_output" and place > latest and item.output:
            message = {"content": [item.output], "created_at": item.created_at}
            items.append(llm.ChatMessage(role="system", **message))
    return ChatContext(items)
