"""`confirm`: a call of the model is carried out only after the caller's own yes.

The first call asks. The caller's answer is read by its words alone, and a yes makes the call in the
model's place, with the arguments that were asked about: no model decides.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from livekit.agents import NOT_GIVEN, ChatContext, llm
from livekit.agents.utils import shortuuid
from livekit.agents.voice import SpeechHandle

from runner.schema.calling import AnyTool
from runner.session.call import Call
from runner.session.pending import Question
from runner.session.tools.calls import ToolCall
from runner.session.tools.gates import RefusedError
from runner.session.values.consent import consent
from runner.session.values.variables import MASK
from runner.template import as_text

log = logging.getLogger("lkrun")

Talk = Callable[[str], ChatContext]
"""The talk, with an answer of the tool in it."""


async def confirmed(call: Call, tool: AnyTool, made: ToolCall, talk: Talk | None) -> ToolCall:
    """Ask the caller where they have to agree, and have not.

    Raises:
        RefusedError: the call is not carried out now.
    """
    if not made.by_model or tool.confirm is False:
        return made
    if made.agreed is not None:
        if made.agreed:
            return made
        raise RefusedError(call.bound.renderer.own("confirm_refused", tool=made.name))
    if call.asking:
        raise RefusedError(call.bound.renderer.own("confirm_busy", tool=made.name))
    raise RefusedError(await _asked(call, tool, made, talk), answered=True, failed=False)


async def _asked(call: Call, tool: AnyTool, made: ToolCall, talk: Talk | None) -> str:
    """Ask.

    Returns:
        What the model is told.
    """
    own = call.bound.renderer.own
    question = Question(made.name, made.given, call.speaking, call.events.turn)
    call.question = question
    spoken = await (_by_model(call, made, talk) if tool.confirm is True else _exactly(call, made))
    if call.question is not question:
        return own("not_done", tool=made.name)
    if spoken is None:
        call.question = None
        return own("confirm_unheard", tool=made.name)
    question.item, question.words = spoken.id, spoken.text_content or ""
    return own("confirm_asked", tool=made.name)


async def _exactly(call: Call, made: ToolCall) -> llm.ChatMessage | None:
    tool: Any = call.bound.plan.tools[made.name]
    words = call.bound.renderer.next(tool.confirm, {"args": made.args})
    if not words:
        log.warning("tool '%s' is not used: the question of its confirm: is empty", made.name)
        return None
    try:
        return await _heard(call.utter(words))
    except RuntimeError:
        return None


async def _by_model(call: Call, made: ToolCall, talk: Talk | None) -> llm.ChatMessage | None:
    fields = call.fields(made.name)
    shown = {n: MASK if fields[n].private else as_text(v) for n, v in made.args.items()}
    details = "".join(f"; {name}: {value}" for name, value in shown.items())
    own, failures = call.bound.renderer.own, call.given_up
    text = own("confirm_ask", tool=made.name, details=details)
    chat = talk(own("confirm_waits", tool=made.name)) if talk is not None else None
    try:
        said = await _heard(
            call.session.generate_reply(
                instructions=text, tool_choice="none", chat_ctx=NOT_GIVEN if chat is None else chat
            )
        )
    except RuntimeError:
        return None
    return said if call.given_up == failures else None


async def _heard(speech: SpeechHandle) -> llm.ChatMessage | None:
    """What was spoken, where it was spoken to its end."""
    await speech
    said = [i for i in speech.chat_items if i.type == "message" and i.role == "assistant"]
    return said[-1] if said and not speech.interrupted else None


def decided(call: Call, items: Sequence[llm.ChatItem]) -> llm.ChatChunk | None:
    """The call that a yes or no of the caller makes in the model's place; None without one.

    Between the question and the answer nobody else may have spoken.
    """
    question = call.question
    if question is None or not question.item:
        return None
    question.agreed = _answer(call, question, items)
    if question.agreed is None:
        return None
    made = llm.FunctionToolCall(
        name=question.name,
        arguments=json.dumps(question.given, ensure_ascii=False, default=str),
        call_id=question.id,
    )
    delta = llm.ChoiceDelta(role="assistant", tool_calls=[made])
    return llm.ChatChunk(id=shortuuid("confirmed_"), delta=delta)


def _answer(call: Call, question: Question, items: Sequence[llm.ChatItem]) -> bool | None:
    ids = [item.id for item in items]
    if question.persona != call.speaking or question.item not in ids:
        return None
    after = items[ids.index(question.item) + 1 :]
    spoken = [item for item in after if item.type == "message" and item.role != "system"]
    if not spoken or any(item.role != "user" for item in spoken):
        return None
    answer = "\n".join(item.text_content or "" for item in spoken)
    return consent(answer, question.words, call.bound.context.language)


def with_answer(call: Call, made: ToolCall) -> ToolCall:
    """The call with the caller's answer, where it is the one that their answer made."""
    question = call.question
    if question is None or question.id != made.id:
        return made
    call.question = None
    return replace(made, agreed=question.agreed)
