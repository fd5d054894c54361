"""The tools of a persona as LiveKit's: real annotated closures with a JSON Schema each."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Final

from livekit.agents import RunContext, function_tool, llm
from livekit.agents.llm import RawFunctionTool

from runner.schema.calling import AnyTool
from runner.schema.languages import SWITCH_LANGUAGE
from runner.schema.needs import ASK_AGAIN_FOR, FILL_IN
from runner.schema.tools import EndCallTool, PressKeysTool, TransferCallTool
from runner.session.action_context import ActionContext
from runner.session.actions import in_background, run_tool, without_end
from runner.session.call import Call
from runner.session.personas.answers import answer, with_output
from runner.session.personas.checks import check_arguments, check_needs
from runner.session.personas.own_tools import OWN, certain_tool, filling_tool
from runner.session.personas.transfers import Transfers
from runner.session.plan import TRANSFER, PersonaPlan, names_in
from runner.session.server_tool import ServerTool
from runner.session.steps import StepEnds, spoke
from runner.session.tasks.filling import offered as tools_of_needs
from runner.session.tools.calls import ToolCall
from runner.session.tools.confirming import with_answer
from runner.session.tools.due import called
from runner.session.tools.kind import kind_of
from runner.session.values.parameters import uses

LIVEKITS_KEYS: Final = "send_dtmf_events"
"""LiveKit's own tool that presses keys; the session has it once a phone menu has answered."""


def _twice(tool: llm.Tool, persona: PersonaPlan) -> bool:
    """Whether a persona has a tool of its own that does the same."""
    return tool.id == LIVEKITS_KEYS and PressKeysTool.kind in persona.tools


class Toolbox:
    """Makes the tools of a call's personas, and says which of them are offered just now.

    Args:
        call: the call.
    """

    def __init__(self, call: Call) -> None:
        """Make nothing yet."""
        self._call = call
        self._tools: dict[str, RawFunctionTool[..., Any]] = {}
        self._stamps: dict[str, int] = {}
        self._uses: dict[str, frozenset[str]] = {}
        self._hosted: dict[str, str] = {}
        self._ends = StepEnds()
        self._transfers = Transfers(call, self._ends)

    def of(self, persona: PersonaPlan) -> list[llm.Tool | llm.Toolset]:
        """All tools of a persona; whether each is offered is asked before each reply."""
        known = self._call.bound.plan.tools
        own: list[llm.Tool | llm.Toolset] = [
            self._tool(name)
            for name in persona.tools
            if name in known and not in_background(known[name])
        ]
        own += [self._transfers.tool(persona, target) for target in persona.handoffs]
        if persona.asks:
            own += [filling_tool(self._call, name) for name in (FILL_IN, ASK_AGAIN_FOR)]
        if (switch := self._call.tongue.tool()) is not None:
            own.append(switch)
        return [*own, certain_tool(self._call)] if persona.certain else own

    def background(self, persona: PersonaPlan) -> list[llm.Tool]:
        """Those that work in the background: the session has them, whoever speaks."""
        known = self._call.bound.plan.tools
        names = (name for name in persona.tools if name in known)
        return [self._tool(name) for name in names if in_background(known[name])]

    def offered(
        self, persona: PersonaPlan, tools: list[llm.Tool], turn: str | None = None
    ) -> list[llm.Tool]:
        """Those that the model may be offered now, told as things are now.

        Args:
            persona: the persona that speaks.
            tools: all of its tools.
            turn: the caller's words that are being answered; None where it is something else.
        """
        plan, is_true = self._call.bound.plan, self._call.bound.renderer.is_true
        offered: list[llm.Tool] = []
        if persona.asks:
            schemas = tools_of_needs(self._call, persona, turn)
            offered += [filling_tool(self._call, schema["name"], schema) for schema in schemas]
            if self._call.needs.is_open(persona):
                return offered + [tool for tool in tools if tool.id == SWITCH_LANGUAGE]
        for tool in tools:
            if tool.id in OWN or _twice(tool, persona):
                continue
            if tool.id in (SWITCH_LANGUAGE, LIVEKITS_KEYS):
                offered.append(tool)
            elif (name := self._hosted.get(tool.id, tool.id)) in plan.tools:
                if is_true(plan.tools[name].condition):
                    offered.append(self._tool(name))
            elif self._transfers.leads(persona, tool.id.removeprefix(TRANSFER)):
                offered.append(tool)
        return offered

    def changes(self, persona: PersonaPlan) -> bool:
        """Whether a persona may have to be offered other tools than it has."""
        if persona.certain:
            return True
        plan = self._call.bound.plan
        tools = [plan.tools[n] for n in persona.tools if n in plan.tools]
        gates: list[str | None] = [tool.condition for tool in tools]
        gates += [handoff.condition for handoff in persona.handoffs.values()]
        gates += [plan.personas[n].gate for n in persona.handoffs if n in plan.personas]
        return any(gates) or any(self._names(n) for n in persona.tools if n in plan.tools)

    def _names(self, name: str) -> frozenset[str]:
        """The names that the model's view of a tool depends on."""
        if name not in self._uses:
            names = uses(self._call.fields(name)) | names_in(
                (self._call.bound.plan.tools[name].description or "",)
            )
            self._uses[name] = frozenset(names - self._call.bound.variables.fixed.keys())
        return self._uses[name]

    def _tool(self, name: str) -> llm.Tool:
        """What the model is offered of a tool."""
        tool = self._call.bound.plan.tools[name]
        offer = kind_of(tool.kind).offered
        if offer is None:
            return self._function(name)
        made = offer(self._call, tool)
        self._hosted[made.id] = name
        return made

    def _function(self, name: str) -> RawFunctionTool[..., Any]:
        call = self._call
        known = self._tools.get(name)
        if known is not None and not call.bound.variables.changed_since(
            self._stamps[name], self._names(name)
        ):
            return known
        tool = call.bound.plan.tools[name]
        schema = {
            "name": name,
            "description": self._description(tool),
            "parameters": tool.arguments
            if isinstance(tool, ServerTool)
            else call.schema.object(call.fields(name)),
        }
        self._stamps[name] = call.bound.variables.stamp
        self._tools[name] = function_tool(self._runner(name), raw_schema=schema)
        return self._tools[name]

    def _description(self, tool: AnyTool) -> str:
        if tool.description:
            return self._call.bound.renderer.text(tool.description).strip()
        describe = kind_of(tool.kind).describe
        return describe(self._call, tool) if describe is not None else ""

    def _runner(self, name: str) -> Any:
        async def run(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
            ended = self._ends.of(ctx.function_call)
            with ExitStack() as stack:
                stack.callback(ended.set)
                check_arguments(self._call, ctx.function_call)
                check_needs(self._call, name)
                stack.enter_context(self._call.busy())
                return await self._run(name, raw_arguments, ctx, stack)

        return run

    async def _run(
        self, name: str, arguments: dict[str, object], ctx: RunContext[Any], waited: ExitStack
    ) -> Any:
        """Run a tool; what is `waited` for goes on once it runs in the background."""
        call, tool = self._call, self._call.bound.plan.tools[name]

        async def begun() -> None:
            waited.close()
            remark = call.bound.renderer.own("tool_in_background", tool=name)
            await ctx.update(remark, template=lambda a: a["message"])

        if call.channel == "text" or isinstance(tool, EndCallTool | TransferCallTool):
            await ctx.wait_for_playout()
        if isinstance(tool, EndCallTool) and (handoff := self._transfers.beside(ctx)):
            remark = call.bound.renderer.own("handoff_instead", persona=handoff)
            return llm.ToolResult(remark, reply_required=False)
        context = ActionContext(
            call,
            by_model=True,
            chat=lambda output: with_output(ctx, output),
            run=ctx,
            begun=begun,
        )
        called(call, name)
        made = ToolCall(name, arguments, ctx.function_call.call_id, True, spoke(ctx))
        outcome = await run_tool(with_answer(call, made), context)
        if in_background(tool):
            outcome = without_end(outcome, name)
        return answer(call, outcome, ctx)
