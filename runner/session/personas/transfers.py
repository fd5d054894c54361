"""The tools by which the model hands the call to another persona."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livekit.agents import RunContext, ToolError, function_tool, llm
from livekit.agents.llm import RawFunctionTool

from runner.schema.calling import AnyTool
from runner.schema.needs import Need
from runner.schema.personas import Handoff
from runner.schema.tools import SayTool
from runner.session.call import MOST_HOPS, Call
from runner.session.pending import PendingHandoff
from runner.session.personas.answers import handed, is_leaving
from runner.session.personas.checks import check_needs
from runner.session.plan import TRANSFER, PersonaPlan
from runner.session.steps import StepEnds, beside, spoke
from runner.session.tasks.needs import spoken


class Transfers:
    """Makes these tools for the personas of a call.

    Args:
        call: the call.
        ends: when other tools of the same answer of the model have been run.
    """

    def __init__(self, call: Call, ends: StepEnds) -> None:
        """Make nothing yet."""
        self._call, self._ends = call, ends

    def tool(self, persona: PersonaPlan, target: str) -> RawFunctionTool[..., Any]:
        """The tool that hands the call to one of them."""
        handoff, own = persona.handoffs[target], self._call.bound.renderer.own
        when = self._call.bound.renderer.text(handoff.when).strip()
        plan = self._call.bound.plan.personas.get(target)
        carried = spoken(plan.needs) if plan is not None else {}
        described = own("handoff_tool", persona=target, when=when)
        hint = own("handoff_with_needs") if carried else ""
        schema = {
            "name": f"{TRANSFER}{target}",
            "description": f"{described} {hint}".strip(),
            "parameters": {**self._call.schema.object(carried), "required": []},
        }

        async def transfer(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
            check_needs(self._call, f"{TRANSFER}{target}")
            given = {n: (carried[n], v) for n, v in raw_arguments.items() if n in carried}
            with self._call.busy():
                pending = PendingHandoff(target, handoff.context)
                return await self._hand_over(handoff, pending, ctx, given)

        return function_tool(transfer, raw_schema=schema)

    async def _hand_over(
        self,
        handoff: Handoff,
        leave: PendingHandoff,
        ctx: RunContext[Any],
        given: Mapping[str, tuple[Need, Any]],
    ) -> Any:
        call, shown, own = self._call, ctx.function_call, self._call.bound.renderer.own
        if is_leaving(call) or call.over:
            call.shown.add(shown.call_id)
            return llm.ToolResult(own("handoff_already"), reply_required=False)
        if not (call.bound.renderer.is_true(handoff.condition) and call.admits(leave.target)):
            raise ToolError(own("handoff_not_now", persona=leave.target))
        if call.hops >= MOST_HOPS:
            raise ToolError(own("handoff_circle"))
        call.needs.carry(given)
        call.depart(leave.target)
        call.shown.add(shown.call_id)
        call.to_its_end(ctx)
        await ctx.wait_for_playout()
        await self._words_beside(ctx)
        if handoff.say and not spoke(ctx):
            await call.say(handoff.say, interruptible=handoff.interruptible)
        return handed(call, leave, own("handed_over", persona=leave.target), ctx)

    def leads(self, persona: PersonaPlan, target: str) -> bool:
        """Whether the model may hand the call there now."""
        is_true = self._call.bound.renderer.is_true
        return is_true(persona.handoffs[target].condition) and self._call.admits(target)

    def beside(self, ctx: RunContext[Any]) -> str | None:
        """The persona that the same answer of the model hands the call to."""
        handoffs = self._call.persona.plan.handoffs
        targets = (
            c.name.removeprefix(TRANSFER) for c in beside(ctx) if c.name.startswith(TRANSFER)
        )
        for target in targets:
            if target in handoffs and self.leads(self._call.persona.plan, target):
                return target
        return None

    async def _words_beside(self, ctx: RunContext[Any]) -> None:
        """Wait for other tools of the same answer that may speak: who leaves speaks last."""
        tools = self._call.bound.plan.tools
        for call in beside(ctx):
            if call.name in tools and _speaks(tools[call.name]):
                await self._ends.of(call).wait()


def _speaks(tool: AnyTool) -> bool:
    return isinstance(tool, SayTool) or bool(tool.then or getattr(tool, "on_error", ()))
