"""Carrying a call of a tool out: counted, and not twice at the same time unless it may be."""

from __future__ import annotations

import asyncio

from runner.schema.calling import AnyTool, WaitingTool
from runner.session.call import Call
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.gates import RefusedError, same
from runner.session.tools.kind import kind_of
from runner.session.tracing import failed, spanned


async def carried_out(call: Call, tool: AnyTool, made: ToolCall) -> ToolResult:
    """Do the tool's own work.

    Raises:
        RefusedError: the same is being done already.
    """
    about = {"lkrun.tool": made.name, "lkrun.tool.kind": tool.kind, "lkrun.persona": call.speaking}
    with spanned(f"tool {made.name}", about) as span:
        result = await _carried_out(call, tool, made)
        if result.failed:
            failed(span, "tool_failed")
        return result


async def _carried_out(call: Call, tool: AnyTool, made: ToolCall) -> ToolResult:
    if not isinstance(tool, WaitingTool) or tool.if_already_running == "allow":
        call.uses[made.name] += 1
        return await kind_of(tool.kind).run(call, tool, made)
    return await _once(call, tool, made)


async def _once(call: Call, tool: WaitingTool, made: ToolCall) -> ToolResult:
    key = same(made)
    other = call.running.get(key)
    if other is not None and tool.if_already_running == "refuse":
        raise RefusedError(call.bound.renderer.own("tool_running", tool=made.name))
    if other is not None:
        other.cancel()
    call.uses[made.name] += 1
    work = asyncio.ensure_future(kind_of(tool.kind).run(call, tool, made))
    call.running[key] = work
    try:
        await asyncio.wait([work])
    except asyncio.CancelledError:
        work.cancel()
        raise
    finally:
        if call.running.get(key) is work:
            del call.running[key]
    if work.cancelled():
        words = call.bound.renderer.own("tool_begun_anew", tool=made.name)
        raise RefusedError(words, answered=True)
    return work.result()
