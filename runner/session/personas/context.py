"""What the next persona is told of the talk."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from livekit.agents import ChatContext, llm

from runner.schema.calling import AnyTool
from runner.schema.tools import HttpTool, KnowledgeTool, McpTool
from runner.session.clock import Clock, within
from runner.session.plan import CERTAIN, TRANSFER

log = logging.getLogger("lkrun")

SUMMARY_SECONDS = 4.0
"""How long a summary may take; then the last messages are carried instead."""

FALLBACK = 6
"""Messages that are carried where a summary fails."""

_NOTE = "lkrun.note"
_LONGEST_NOTE = 4000
_SILENT = ("end_call", "wait", CERTAIN)


def carried(
    items: Sequence[llm.ChatItem], tools: Iterable[str], context: str
) -> list[llm.ChatItem]:
    """The items of a talk that the next persona starts from.

    Args:
        items: the talk so far.
        tools: the tools that the next persona has.
        context: `full`, `none` or `last <n>`; of a `summary`, what goes with it.
    """
    if context == "none":
        return []
    kept = _translated(items, frozenset(tools))
    if context == "summary":
        return _from_message(kept, last_of="user")
    if context.startswith("last "):
        return _last(kept, int(context.removeprefix("last ")))
    return kept


def _translated(items: Sequence[llm.ChatItem], tools: frozenset[str]) -> list[llm.ChatItem]:
    """Without instructions and handoffs; answers of tools that are lacking become notes."""
    kept: list[llm.ChatItem] = []
    for item in items:
        if item.type == "message" and item.role in ("system", "developer"):
            continue
        if item.type in ("agent_handoff", "agent_config_update"):
            continue
        if item.type == "function_call" and (item.name not in tools or _silent(item.name)):
            continue
        if item.type == "function_call_output":
            if _silent(item.name):
                continue
            if item.name not in tools:
                if not item.is_error and item.output:
                    kept.append(note(item.name, item.output, item.created_at))
                continue
        kept.append(item)
    return kept


def without(items: Sequence[llm.ChatItem], tools: Iterable[str]) -> list[llm.ChatItem]:
    """The items of a talk that goes on with other tools: answers of lacking ones become notes.

    What LiveKit noted of earlier changes stays in the session's history alone.
    """
    known = frozenset(tools)
    kept: list[llm.ChatItem] = []
    for item in items:
        if item.type == "agent_config_update":
            continue
        if item.type == "function_call_output" and item.name not in known:
            if not (item.is_error or _silent(item.name)) and item.output:
                kept.append(note(item.name, item.output, item.created_at))
        elif item.type != "function_call" or item.name in known:
            kept.append(item)
    return kept


def owed(items: Sequence[llm.ChatItem], tools: Mapping[str, AnyTool]) -> bool:
    """Whether the caller waits for words of the model.

    They do not where it has spoken since, and its tools have nothing to tell: a model that notes
    something while it speaks has nothing to add.
    """
    for item in reversed(items):
        if item.type == "function_call_output":
            tool = tools.get(item.name)
            if (
                item.is_error
                or tool is None
                or isinstance(tool, HttpTool | KnowledgeTool | McpTool)
            ):
                return True
        elif item.type == "message":
            return item.role != "assistant"
    return True


def _silent(tool: str) -> bool:
    return tool.startswith(TRANSFER) or tool in _SILENT


def note(tool: str, output: str, created_at: float) -> llm.ChatMessage:
    """The answer of a tool that the persona lacks.

    It is the assistant's own message: what somebody's service said must not become an instruction.
    """
    text = f'<earlier_result tool="{tool}">{output[:_LONGEST_NOTE]}</earlier_result>'
    return llm.ChatMessage(
        role="assistant", content=[text], created_at=created_at, extra={_NOTE: True}
    )


def _messages(items: Sequence[llm.ChatItem]) -> list[int]:
    return [
        i for i, item in enumerate(items) if item.type == "message" and not item.extra.get(_NOTE)
    ]


def _last(items: list[llm.ChatItem], count: int) -> list[llm.ChatItem]:
    places = _messages(items)
    return _whole(items[places[-count] :]) if len(places) > count else items


def _from_message(items: list[llm.ChatItem], *, last_of: str) -> list[llm.ChatItem]:
    places = [i for i in _messages(items) if getattr(items[i], "role", "") == last_of]
    return _whole(items[places[-1] :]) if places else []


def _whole(items: list[llm.ChatItem]) -> list[llm.ChatItem]:
    """Without answers whose call was cut off."""
    calls = {item.call_id for item in items if item.type == "function_call"}
    return [i for i in items if i.type != "function_call_output" or i.call_id in calls]


async def summarised(
    model: Any, items: Sequence[llm.ChatItem], clock: Clock, task: str
) -> llm.ChatMessage | None:
    """A summary of the talk by a model, or None where it fails or takes too long.

    Args:
        model: the one that writes it.
        items: the talk so far.
        clock: the time of the call.
        task: what the model is told to do.
    """
    talk = "\n".join(line for item in items if (line := _line(item)))
    if not talk:
        return None
    chat = ChatContext.empty()
    chat.add_message(role="system", content=task)
    chat.add_message(role="user", content=talk)
    try:
        async with within(clock, SUMMARY_SECONDS):
            text = await _answer(model, chat)
    except Exception as error:  # noqa: BLE001 - whatever a model does, the call goes on
        log.warning(
            "the talk could not be summarised (%s): the last messages are carried",
            type(error).__name__,
        )
        return None
    if not text:
        return None
    content = f"<summary_of_the_talk>{text}</summary_of_the_talk>"
    return llm.ChatMessage(role="assistant", content=[content], created_at=0.0, extra={_NOTE: True})


async def _answer(model: Any, chat: ChatContext) -> str:
    async with model.chat(chat_ctx=chat) as stream:
        parts = [chunk.delta.content async for chunk in stream if chunk.delta]
    return "".join(part for part in parts if part).strip()


def _line(item: llm.ChatItem) -> str:
    if item.type == "message" and item.role in ("user", "assistant"):
        who = "Caller" if item.role == "user" else "Agent"
        return f"{who}: {item.text_content or ''}"
    if (
        item.type == "function_call_output"
        and item.output
        and not item.is_error
        and not _silent(item.name)
    ):
        return f"Found by {item.name}: {item.output[:_LONGEST_NOTE]}"
    return ""
