"""What is going on in a conversation, read from the chat context that LiveKit hands to a model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from livekit.agents import llm

Kind = Literal["caller", "answered", "failed", "instructed", "start"]

_STANDING = "lk."
"""Ids of the system messages that stand in every request begin so; others are for this one."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Why the model is asked.

    Attributes:
        kind: what happened last.
        id: of the item that it answers.
        said: the caller's last words.
        instructed: words of the instructions for this reply.
        instructions: the persona's own.
        answers: outputs that came back just now, by tool.
        earlier: the last answer of each tool in the conversation, parsed where it is JSON.
        heard: everything the caller has said, in order.
        agent_said: what the agent said last before the caller's last words.
    """

    kind: Kind
    id: str = ""
    said: str = ""
    instructed: str = ""
    instructions: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    earlier: dict[str, Any] = field(default_factory=dict)
    heard: tuple[str, ...] = ()
    agent_said: str = ""

    def values(self) -> dict[str, Any]:
        """What slots may name, apart from groups of patterns."""
        values: dict[str, Any] = {
            **self.earlier,
            "said": self.said,
            "agent_said": self.agent_said,
        }
        for text in self.answers.values():
            parsed = parsed_answer(text)
            values |= parsed if isinstance(parsed, dict) else {}
            values["answer"] = text
        return values


def read(items: Sequence[llm.ChatItem]) -> Situation:
    """Read a chat context's items."""
    heard = [item for item in items if item.type == "message" and item.role == "user"]
    said = (heard[-1].text_content or "") if heard else ""
    outputs = [item for item in items if item.type == "function_call_output"]
    common: dict[str, Any] = {
        "said": said,
        "instructions": _texts(item for item in items if _is_standing(item)),
        "earlier": {item.name: parsed_answer(item.output) for item in outputs if not item.is_error},
        "heard": tuple(item.text_content or "" for item in heard),
        "agent_said": _before(items, heard[-1] if heard else None),
    }
    fresh = [item for item in items if not _is_standing(item) and item.type in _COUNTED]
    last = fresh[-1] if fresh else None
    if last is not None and last.type == "function_call_output":
        return _answered(fresh, _groups(items), common)
    if last is not None and last.type == "message" and last.role in _SYSTEM:
        return Situation("instructed", last.id, instructed=last.text_content or "", **common)
    if heard:
        return Situation("caller", heard[-1].id, **common)
    return Situation("start", "start", **common)


def parsed_answer(text: str) -> Any:
    """A tool's answer as data where it is JSON, else as it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_SYSTEM = ("system", "developer")
_COUNTED = ("message", "function_call_output")


def _is_standing(item: llm.ChatItem) -> bool:
    return item.type == "message" and item.role in _SYSTEM and item.id.startswith(_STANDING)


def _texts(messages: Iterable[llm.ChatItem]) -> str:
    return "\n".join(item.text_content or "" for item in messages if item.type == "message")


def _before(items: Sequence[llm.ChatItem], last: llm.ChatItem | None) -> str:
    """What the agent said between the caller's last words and those before them."""
    said: list[str] = []
    for item in items:
        if item is last:
            break
        if item.type == "message" and item.role == "user":
            said.clear()
        elif item.type == "message" and item.role == "assistant":
            said.append(item.text_content or "")
    return " ".join(said)


def _groups(items: Sequence[llm.ChatItem]) -> dict[str, str]:
    """Call id → the step of the model that it was made in, as LiveKit groups calls."""
    calls = (item for item in items if item.type == "function_call")
    return {call.call_id: call.group_id or call.id.partition("/")[0] for call in calls}


def _answered(
    items: Sequence[llm.ChatItem], groups: Mapping[str, str], common: dict[str, Any]
) -> Situation:
    """Several tools of one step answer together; one failure makes the step a failed one."""
    step: list[llm.FunctionCallOutput] = []
    for item in reversed(items):
        if item.type != "function_call_output":
            break
        if step and groups.get(item.call_id) != groups.get(step[-1].call_id):
            break
        step.insert(0, item)
    failed = [item for item in step if item.is_error]
    answers = {item.name: item.output for item in failed or step}
    kind: Kind = "failed" if failed else "answered"
    return Situation(kind, step[-1].id, answers=answers, **common)
