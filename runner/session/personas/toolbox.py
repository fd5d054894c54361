"""The tools of a persona as LiveKit's: real annotated closures with a JSON Schema each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any

from livekit.agents import ChatContext, FunctionCall, RunContext, ToolError, function_tool, llm
from livekit.agents.llm import RawFunctionTool

from runner.schema.calling import AnyTool
from runner.schema.needs import ASK_AGAIN_FOR, FILL_IN, Need
from runner.schema.personas import Handoff
from runner.schema.tools import EndCallTool, SayTool
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import in_background, joined, run_tool, without_end
from runner.session.call import MOST_HOPS, Call
from runner.session.errors import CannotStartError
from runner.session.events import ToolCallEvent, ToolResultEvent
from runner.session.pending import PendingHandoff
from runner.session.plan import CERTAIN, TRANSFER, PersonaPlan, names_in
from runner.session.server_tool import ServerTool
from runner.session.steps import beside, spoke, step_of
from runner.session.tasks.certain import SCHEMA
from runner.session.tasks.filling import fill, follow, go_back, offered
from runner.session.tasks.needs import spoken
from runner.session.tools.background import BEGUN
from runner.session.tools.calls import ToolCall
from runner.session.tools.confirming import with_answer
from runner.session.tools.due import called
from runner.session.tools.kind import kind_of
from runner.session.values.parameters import uses

log = logging.getLogger("lkrun")

OWN = frozenset({CERTAIN, FILL_IN, ASK_AGAIN_FOR})
"""Tools of lkrun itself, which are offered apart from the others or not at all."""


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
        self._step = ""
        self._ended: dict[str, asyncio.Event] = {}

    def of(self, persona: PersonaPlan) -> list[llm.Tool | llm.Toolset]:
        """All tools of a persona; whether each is offered is asked before each reply."""
        known = self._call.bound.plan.tools
        own: list[llm.Tool | llm.Toolset] = [
            self._tool(name)
            for name in persona.tools
            if name in known and not in_background(known[name])
        ]
        own += [self._transfer(persona, target) for target in persona.handoffs]
        if persona.asks:
            own += [self._filling(FILL_IN, {}), self._filling(ASK_AGAIN_FOR, {})]
        return [*own, self._certain()] if persona.certain else own

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
        found: list[llm.Tool] = []
        if persona.asks:
            schemas = offered(self._call, persona, turn)
            found += [self._filling(schema["name"], schema) for schema in schemas]
            if self._call.needs.is_open(persona):
                return found
        for tool in tools:
            if tool.id in OWN:
                continue
            if tool.id in plan.tools:
                if is_true(plan.tools[tool.id].condition):
                    found.append(self._tool(tool.id))
            elif self._leads(persona, tool.id.removeprefix(TRANSFER)):
                found.append(tool)
        return found

    def _leads(self, persona: PersonaPlan, target: str) -> bool:
        """Whether the model may hand the call there now."""
        is_true = self._call.bound.renderer.is_true
        return is_true(persona.handoffs[target].condition) and self._call.admits(target)

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
            found = uses(self._call.fields(name)) | names_in(
                (self._call.bound.plan.tools[name].description or "",)
            )
            self._uses[name] = frozenset(found - self._call.bound.variables.fixed.keys())
        return self._uses[name]

    def _tool(self, name: str) -> RawFunctionTool[..., Any]:
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
        return describe(tool) if describe is not None else ""

    def _runner(self, name: str) -> Any:
        async def run(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
            ended = self._end_of(ctx.function_call)
            with ExitStack() as stack:
                stack.callback(ended.set)
                self._check(ctx.function_call)
                self._check_needs(name)
                stack.enter_context(self._call.busy())
                return await work(raw_arguments, ctx, stack)

        async def work(
            raw_arguments: dict[str, object], ctx: RunContext[Any], stack: ExitStack
        ) -> Any:
            async def begun() -> None:
                # nobody waits for it any longer
                stack.close()
                await ctx.update(BEGUN.format(name=name), template=lambda a: a["message"])

            call, tool = self._call, self._call.bound.plan.tools[name]
            ending = isinstance(tool, EndCallTool)
            if call.channel == "text" or ending:
                await ctx.wait_for_playout()
            if ending and (handoff := self._handoff_beside(ctx)):
                return llm.ToolResult(
                    f"The call goes on: it is handed to {handoff}.", reply_required=False
                )
            context = ActionContext(
                call,
                by_model=True,
                chat=lambda output: _with_answer(ctx, output),
                run=ctx,
                begun=begun,
            )
            called(call, name)
            made = ToolCall(name, raw_arguments, ctx.function_call.call_id, True, spoke(ctx))
            outcome = await run_tool(with_answer(call, made), context)
            if in_background(tool):
                outcome = without_end(outcome, name)
            return self._answer(outcome, ctx)

        return run

    def _check(self, call: FunctionCall) -> None:
        """Refuse a call whose arguments cannot be taken.

        Raises:
            ToolError: why.
        """
        if problem := self._call.refused.pop(call.call_id, None):
            log.warning("tool '%s' was not run: %s", call.name, problem)
            raise ToolError(f"{call.name} was not run: {problem}.")

    def _check_needs(self, tool: str) -> None:
        """Refuse what the model calls while the caller is being asked for something.

        Raises:
            ToolError: what is asked for.
        """
        call, plan = self._call, self._call.persona.plan
        if plan.asks and (missing := call.needs.open(plan)):
            raise ToolError(f"{tool} cannot be used before this is known: {', '.join(missing)}.")

    def _filling(self, name: str, schema: dict[str, Any]) -> RawFunctionTool[..., Any]:
        """A tool by which the model gives what the caller has said."""
        schema = schema or {"name": name, "description": "", "parameters": {"type": "object"}}

        async def fill_in(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
            self._check(ctx.function_call)
            with self._call.busy():
                await ctx.wait_for_playout()
                return await self._fill(name, raw_arguments, ctx)

        return function_tool(fill_in, raw_schema=schema)

    async def _fill(self, name: str, values: dict[str, object], ctx: RunContext[Any]) -> Any:
        call, plan, call_id = self._call, self._call.persona.plan, ctx.function_call.call_id
        call.shown.add(call_id)
        call.events.tell(
            ToolCallEvent(persona=plan.name, name=name, arguments=values, call_id=call_id)
        )
        context = ActionContext(call, by_model=True, chat=lambda output: _with_answer(ctx, output))

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
            tell(filled.output, failed=filled.failed)
            outcome = await follow(call, plan, filled, context)
        return self._answer(outcome, ctx)

    def _answer(self, outcome: ActionOutcome, ctx: RunContext[Any]) -> Any:
        """What LiveKit is given: a text, a text without a reply, a persona, or an error."""
        output = joined(outcome.output, [*outcome.remarks, *outcome.notes])
        if outcome.ends:
            self._call.over = True
            self._call.last_words |= outcome.answered and not outcome.notes
            ctx.speech_handle.add_done_callback(lambda _: self._call.finish("end_call"))
        elif outcome.leave is not None:
            if self._leaving:
                return llm.ToolResult(output, reply_required=False)
            return self._handed(outcome.leave, output, ctx)
        if outcome.undisturbed:
            with suppress(RuntimeError):
                ctx.disallow_interruptions()
        if outcome.answered and not outcome.notes and not outcome.due:
            return llm.ToolResult(output, reply_required=False)
        if outcome.failed:
            raise ToolError(output)
        return output

    def _handed(self, leave: PendingHandoff, output: str, ctx: RunContext[Any]) -> Any:
        self._call.depart(leave.target)
        with suppress(RuntimeError):
            ctx.disallow_interruptions()
        try:
            persona = self._call.persona.enter(leave)
        except CannotStartError as error:
            log.error("the call is not handed to '%s': %s", leave.target, error)  # noqa: TRY400 - no traceback may reach an author
            self._call.stay()
            raise ToolError(f"The call cannot be handed to {leave.target}.") from None
        return persona, llm.ToolResult(output, reply_required=False)

    def _certain(self) -> RawFunctionTool[..., Any]:
        """The tool by which lkrun itself acts in a turn."""

        async def act(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
            del raw_arguments
            deed = self._call.deeds.pop(ctx.function_call.call_id, None)
            if deed is None:  # the model has made its name up
                raise ToolError(f"There is no tool {ctx.function_call.name}.")
            context = ActionContext(
                self._call, by_model=True, chat=lambda output: _with_answer(ctx, output), run=ctx
            )
            with self._call.busy():
                await ctx.wait_for_playout()
                outcome = await deed(context)
                return self._answer(outcome, ctx)

        return function_tool(act, raw_schema=SCHEMA)

    def _transfer(self, persona: PersonaPlan, target: str) -> RawFunctionTool[..., Any]:
        handoff = persona.handoffs[target]
        when = self._call.bound.renderer.text(handoff.when).strip()
        plan = self._call.bound.plan.personas.get(target)
        carried = spoken(plan.needs) if plan is not None else {}
        hint = " Give what the caller has said already, and nothing else." if carried else ""
        schema = {
            "name": f"{TRANSFER}{target}",
            "description": f"Hand the call to {target}. When: {when}{hint}",
            "parameters": {**self._call.schema.object(carried), "required": []},
        }

        async def transfer(raw_arguments: dict[str, object], ctx: RunContext[Any]) -> Any:
            self._check_needs(f"{TRANSFER}{target}")
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
        call, shown = self._call, ctx.function_call
        if self._leaving or call.over:
            call.shown.add(shown.call_id)
            return llm.ToolResult("The call is already leaving.", reply_required=False)
        if not (call.bound.renderer.is_true(handoff.condition) and call.admits(leave.target)):
            raise ToolError(f"The call cannot be handed to {leave.target} now.")
        if call.hops >= MOST_HOPS:
            raise ToolError("The call goes round in a circle. Answer the caller yourself.")
        call.needs.carry(given)
        call.depart(leave.target)
        call.shown.add(shown.call_id)
        with suppress(RuntimeError):
            ctx.disallow_interruptions()
        await ctx.wait_for_playout()
        await self._words_beside(ctx)
        if handoff.say and not spoke(ctx):
            await call.say(handoff.say, interruptible=handoff.interruptible)
        return self._handed(leave, f"The call is handed to {leave.target}.", ctx)

    @property
    def _leaving(self) -> bool:
        """Whether another handoff is under way."""
        return self._call.leaving not in (None, self._call.speaking)

    def _end_of(self, call: FunctionCall) -> asyncio.Event:
        """Set when a tool of the model's latest answer has been run."""
        if step_of(call) != self._step:
            self._step, self._ended = step_of(call), {}
        return self._ended.setdefault(call.call_id, asyncio.Event())

    def _handoff_beside(self, ctx: RunContext[Any]) -> str | None:
        """The persona that the same answer of the model hands the call to."""
        handoffs = self._call.persona.plan.handoffs
        targets = (
            c.name.removeprefix(TRANSFER) for c in beside(ctx) if c.name.startswith(TRANSFER)
        )
        for target in targets:
            if target in handoffs and self._leads(self._call.persona.plan, target):
                return target
        return None

    async def _words_beside(self, ctx: RunContext[Any]) -> None:
        """Wait for other tools of the same answer that may speak: who leaves speaks last."""
        tools = self._call.bound.plan.tools
        for call in beside(ctx):
            if call.name in tools and _speaks(tools[call.name]):
                await self._end_of(call).wait()


def _speaks(tool: AnyTool) -> bool:
    return isinstance(tool, SayTool) or bool(tool.then or getattr(tool, "on_error", ()))


def _with_answer(ctx: RunContext[Any], output: str) -> ChatContext:
    """The talk with a tool's answer in it, for words that are spoken before LiveKit knows it."""
    call, chat = ctx.function_call, ctx.session.current_agent.chat_ctx.copy()
    answer = llm.FunctionCallOutput(
        name=call.name, call_id=call.call_id, output=output, is_error=False
    )
    chat.insert([call.model_copy(), answer])
    return chat
