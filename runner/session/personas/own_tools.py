"""The tools of lkrun itself: what the caller has said, and what is done for certain."""

from __future__ import annotations

from typing import Any

from livekit.agents import RunContext, ToolError, function_tool
from livekit.agents.llm import RawFunctionTool

from runner.schema.needs import ASK_AGAIN_FOR, FILL_IN
from runner.session.action_context import ActionContext
from runner.session.call import Call
from runner.session.events import ToolCallEvent, ToolResultEvent
from runner.session.personas.answers import answer, with_output
from runner.session.personas.checks import check_arguments
from runner.session.plan import CERTAIN
from runner.session.tasks.certain import SCHEMA
from runner.session.tasks.filling import fill, follow, go_back

OWN = frozenset({CERTAIN, FILL_IN, ASK_AGAIN_FOR})
"""Their names: they are offered apart from the others or not at all."""


def filling_tool(
    call: Call, name: str, schema: dict[str, Any] | None = None
) -> RawFunctionTool[..., Any]:
    """A tool by which the model gives what the caller has said."""
    schema = schema or {"name": name, "description": "", "parameters": {"type": "object"}}

    async def fill_in(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
        check_arguments(call, ctx.function_call)
        with call.busy():
            await ctx.wait_for_playout()
            return await _fill(call, name, raw_arguments, ctx)

    return function_tool(fill_in, raw_schema=schema)


async def _fill(call: Call, name: str, values: dict[str, object], ctx: RunContext[Any]) -> Any:
    plan, call_id = call.persona.plan, ctx.function_call.call_id
    call.shown.add(call_id)
    call.events.tell(ToolCallEvent(persona=plan.name, name=name, arguments=values, call_id=call_id))
    context = ActionContext(call, by_model=True, chat=lambda output: with_output(ctx, output))

    def tell(output: str, *, failed: bool) -> None:
        call.events.tell(
            ToolResultEvent(
                persona=plan.name, name=name, call_id=call_id, output=output, error=failed
            )
        )

    if name == ASK_AGAIN_FOR:
        outcome = await go_back(call, str(values.get("need", "")), context, tell)
    else:
        filled = fill(call, plan, values)
        tell(filled.output(call.bound.renderer), failed=filled.failed)
        outcome = await follow(call, plan, filled, context)
    return answer(call, outcome, ctx)


def certain_tool(call: Call) -> RawFunctionTool[..., Any]:
    """The tool by which lkrun itself acts in a turn."""

    async def act(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
        del raw_arguments
        deed = call.deeds.pop(ctx.function_call.call_id, None)
        if deed is None:  # the model has made its name up
            name = ctx.function_call.name
            raise ToolError(call.bound.renderer.own("tool_unknown", tool=name))
        context = ActionContext(
            call, by_model=True, chat=lambda output: with_output(ctx, output), run=ctx
        )
        with call.busy():
            await ctx.wait_for_playout()
            outcome = await deed(context)
            return answer(call, outcome, ctx)

    return function_tool(act, raw_schema=SCHEMA)
