"""`http`: asks a service."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from runner.egress.port import QUESTIONS, ToolRequest, ToolResponse
from runner.schema.tools import HttpTool
from runner.session.call import Call
from runner.session.clock import within
from runner.session.errors import MisfitError
from runner.session.server_tool import ServerTool
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind
from runner.session.tracing import note_attempts, traceparent
from runner.template import as_data

log = logging.getLogger("lkrun")

GRACE = 10.0
"""Seconds beyond a request's own time after which nobody waits for the egress any longer."""


async def run(call: Call, tool: HttpTool, made: ToolCall) -> ToolResult:
    """Ask the service, and save what is to be saved of its answer."""
    return await ask(call, made, tool.http.longest, question=tool.http.method in QUESTIONS)


async def ask(call: Call, made: ToolCall, longest: float, *, question: bool) -> ToolResult:
    """Let the egress answer a call of a tool.

    Args:
        call: whose tool it is.
        made: the call of the tool.
        longest: seconds that the answer takes at most.
        question: whether nothing comes of it where nobody waits for the answer.
    """
    tool = call.bound.plan.tools[made.name]
    name, function = made.name, None
    if isinstance(tool, ServerTool):
        name, function = tool.server, tool.function
    values, trace = call.bound.context.sent(), traceparent()
    request = ToolRequest(name, as_data(made.args), values, function, trace=trace)
    try:
        response = await _answered(call, request, longest + GRACE, question=question)
    except Exception as error:  # noqa: BLE001 - whatever breaks on the way, the caller is answered
        log.error("tool '%s' could not be asked: %s", made.name, type(error).__name__)  # noqa: TRY400 - no traceback may reach an author
        response = ToolResponse(ok=False, output="")
    note_attempts(response.attempts)
    if response.error:
        log.warning("tool '%s' failed: %s", made.name, response.error)
    for message, place in response.notes:
        call.bound.renderer.warn(message, place)
    if not response.ok:
        response = replace(response, output=_told(call, response))
        return ToolResult(response.output, error=response.for_templates, failed=True)
    for name, value in response.saved.items():
        try:
            call.bound.variables.set(name, value)
        except MisfitError as problem:
            # what an earlier answer said is not true of this one
            call.bound.variables.set(name, None)
            log.warning(
                "tool '%s' cannot save '%s': it %s; it has no value now", made.name, name, problem
            )
    return ToolResult(response.output, response.result)


def _told(call: Call, response: ToolResponse) -> str:
    """What the model is told of a failure, in the language of the call."""
    own = call.bound.renderer.own
    if response.reason is None:
        return response.output or _sentence(call, "service_unreachable")
    name, value = response.reason
    return own("failed", reason=own(name, status=value, name=value))


def _sentence(call: Call, name: str) -> str:
    reason = call.bound.renderer.own(name)
    return f"{reason[:1].upper()}{reason[1:]}."


async def _answered(
    call: Call, request: ToolRequest, longest: float, *, question: bool
) -> ToolResponse:
    """Ask, as long as the tool may take and the turn goes on."""
    left = call.budget.left
    try:
        with call.budget.counting():
            async with within(call.clock, max(0.0, min(longest, left))):
                return await _unless_gone(call, request, question=question)
    except TimeoutError:
        if left > longest:
            raise
        error = f"it had not answered when the turn had taken {call.budget.whole:g}s"
        return ToolResponse(ok=False, output=_sentence(call, "service_late"), error=error)


async def _unless_gone(call: Call, request: ToolRequest, *, question: bool) -> ToolResponse:
    """Ask, as long as the caller is there.

    When they have left, a question is given up; what a service was told to do goes on, and nobody
    waits for it.
    """
    request_made = asyncio.ensure_future(call.egress.ask(request))
    left = asyncio.ensure_future(call.gone.wait())
    try:
        await asyncio.wait({request_made, left}, return_when=asyncio.FIRST_COMPLETED)
        if request_made.done():
            return request_made.result()
        if not question:
            call.unwaited.add(request_made)
            request_made.add_done_callback(call.unwaited.discard)
        return ToolResponse(ok=False, output=call.bound.renderer.own("caller_left"))
    finally:
        left.cancel()
        if request_made not in call.unwaited:
            request_made.cancel()


KIND = ToolKind(HttpTool, run)
