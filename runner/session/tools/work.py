"""What each kind of tool does."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from runner.egress.port import ToolRequest, ToolResponse
from runner.schema.tools import AnyTool
from runner.session.call import Call
from runner.session.tools.records import EDITS
from runner.session.values.conversion import MisfitError
from runner.template import as_data

log = logging.getLogger("lkrun")

GOODBYE = "Say goodbye to the caller in one short sentence. The call ends after it."
GRACE = 10.0
"""Seconds beyond a request's own time after which nobody waits for the egress any longer."""

HOLD = 120.0
"""Seconds that `wait: yes` holds idle prompts back."""


@dataclass(slots=True)
class Made:
    """What came of a tool's own work.

    Attributes:
        output: what the model sees.
        result: the service's answer, for the templates of `then`.
        error: what went wrong, for the templates of `on_error`.
        answered: the caller has heard what there is to hear; the model is not asked to answer.
        ends: the call ends.
    """

    output: str
    result: Any = None
    error: dict[str, Any] | None = None
    failed: bool = False
    answered: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a tool.

    Attributes:
        by_model: the model called it; else an action did.
        spoken: the model said something together with its call.
    """

    call: Call
    name: str
    tool: Any
    args: dict[str, Any]
    by_model: bool
    spoken: bool


async def _ask(job: Job) -> Made:
    ask = ToolRequest(job.name, as_data(job.args), job.call.values.sent())
    try:
        async with asyncio.timeout(job.tool.http.longest + GRACE):
            answer = await job.call.egress.ask(ask)
    except Exception as error:  # noqa: BLE001 - whatever breaks on the way, the caller is answered
        log.error("tool '%s' could not be asked: %s", job.name, type(error).__name__)  # noqa: TRY400 - no traceback may reach an author
        answer = ToolResponse(ok=False, output="The service could not be reached.")
    if answer.error:
        log.warning("tool '%s' failed: %s", job.name, answer.error)
    for message, place in answer.notes:
        job.call.wording.warn(message, place)
    if not answer.ok:
        output = answer.output or "The service could not be reached."
        return Made(output, error=answer.for_templates, failed=True)
    for name, value in answer.saved.items():
        try:
            job.call.variables.set(name, value)
        except MisfitError as problem:
            # what an earlier answer said is not true of this one
            job.call.variables.set(name, None)
            log.warning(
                "tool '%s' cannot save '%s': it %s; it has no value now", job.name, name, problem
            )
    return Made(answer.output, answer.result)


async def _say(job: Job) -> Made:
    said = await job.call.say(job.tool.say, {"args": job.args})
    return Made("It was said to the caller.", answered=said)


async def _set(job: Job) -> Made:
    problems = []
    for name, text in job.tool.set.items():
        try:
            job.call.variables.set(str(name), job.call.wording.value(text, {"args": job.args}))
        except MisfitError as problem:
            problems.append(f"'{name}' {problem}")
    if problems:
        return Made(f"Not stored: {'; '.join(problems)}.", failed=True)
    return Made("Stored.")


async def _edit(job: Job) -> Made:
    name = str(getattr(job.tool, job.tool.kind))
    try:
        return Made(EDITS[job.tool.kind](job.call.variables, name, job.args))
    except MisfitError as problem:
        return Made(f"Nothing was done: '{name}' {problem}.", failed=True)


async def _remember(job: Job) -> Made:
    if not job.args:
        names = ", ".join(map(str, job.tool.remember))
        return Made(f"Nothing was stored: give at least one of {names}.", failed=True)
    for name, value in job.args.items():
        job.call.variables.set(name, value)
    return Made(json.dumps({"stored": as_data(job.args)}, ensure_ascii=False))


async def _end_call(job: Job) -> Made:
    words: tuple[str, ...] = job.tool.end_call
    if words:
        await job.call.say(words, {"args": job.args}, interruptible=False)
    if words or job.spoken or not job.by_model:
        return Made("The call ends now.", answered=True, ends=True)
    return Made(GOODBYE, ends=True)


async def _wait(job: Job) -> Made:
    job.call.hold(HOLD if job.tool.wait is True else float(job.tool.wait))
    return Made("The caller takes a moment. Nothing is said until they speak again.", answered=True)


WORK: dict[str, Callable[[Job], Awaitable[Made]]] = {
    "add_to": _edit,
    "change_in": _edit,
    "end_call": _end_call,
    "http": _ask,
    "remember": _remember,
    "remove_from": _edit,
    "say": _say,
    "set": _set,
    "wait": _wait,
}
"""Kind → what it does."""

DESCRIPTIONS: dict[str, Callable[[AnyTool], str]] = {
    "add_to": lambda tool: (
        f"Put a line on the list '{getattr(tool, tool.kind)}'. The answer is the list."
    ),
    "change_in": lambda tool: (
        f"Change a line of the list '{getattr(tool, tool.kind)}'. Give only the fields that change."
    ),
    "end_call": lambda _: (
        "End the call. Use it when the caller says goodbye or has all that they wanted."
    ),
    "remember": lambda _: "Store what the caller has said. Give only what you have learnt.",
    "remove_from": lambda tool: f"Take a line off the list '{getattr(tool, tool.kind)}'.",
    "wait": lambda _: (
        "The caller asks for a moment. Call this, and say nothing until they speak again."
    ),
}
"""Kind → the description that it has of its own."""
