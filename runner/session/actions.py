"""Actions, done in order; and tools, whoever runs them, with what they do afterwards."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from livekit.agents.utils import shortuuid

from runner.schema.actions import (
    BACK,
    AnyAction,
    AskAgain,
    CallApp,
    EndCall,
    HandOff,
    Instruct,
    MustCall,
    OptOut,
    Play,
    PressKeys,
    RunTool,
    Say,
    Set,
    TransferCall,
)
from runner.schema.calling import AnyTool, WaitingTool
from runner.schema.types.phone_numbers import in_full
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.call import MOST_HOPS, Call
from runner.session.errors import MisfitError
from runner.session.events import OptOutEvent, ToolCallEvent, ToolResultEvent
from runner.session.pending import DueCall, PendingHandoff
from runner.session.telephone.transfer import put_through
from runner.session.tools.app import call_app, sent
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.confirming import confirmed
from runner.session.tools.gates import RefusedError, admitted
from runner.session.tools.press_keys import press
from runner.session.tools.running import carried_out
from runner.session.tools.waiting import waiting
from runner.session.values.conversion import missing
from runner.session.values.variables import MASK
from runner.template import as_data

log = logging.getLogger("lkrun")

DEEPEST = 8
"""Tools that run each other: more is a circle."""


async def perform(actions: tuple[AnyAction, ...], context: ActionContext) -> ActionOutcome:
    """Do actions in order, up to one that ends the list."""
    outcome = ActionOutcome()
    last = actions[-1] if actions else None
    for action in actions:
        if context.call.over or not context.is_true(action.condition):
            continue
        if isinstance(action, Instruct) and action is last and context.by_model:
            outcome.notes.append(context.text(action.instructions))
            outcome.undisturbed |= not action.interruptible
            break
        if context.opening and not await _may_open(action, context):
            continue
        await _DO[type(action)](action, context, outcome)
        if (
            isinstance(action, TransferCall)
            and action is last
            and not action.transfer_call.on_failure
        ):
            await _not_put_through(context, outcome)
        if outcome.stops:
            break
    return outcome


async def _may_open(action: AnyAction, context: ActionContext) -> bool:
    """Whether an action is done before the first words: once somebody can speak, not by tools."""
    tools = context.call.bound.plan.tools
    works = isinstance(action, RunTool) and isinstance(tools[str(action.tool)], WaitingTool)
    if works or isinstance(action, Set | OptOut):
        return True
    if context.depth and isinstance(action, Say | Instruct | Play):
        return False
    await context.call.entered.wait()
    return True


def _interruptible(action: Say | Instruct, context: ActionContext) -> bool:
    """Whether the caller may interrupt: as written, else not where they talk without end."""
    return action.interruptible and (
        not context.over_the_caller or "interruptible" in action.model_fields_set
    )


async def _say(action: Say, context: ActionContext, outcome: ActionOutcome) -> None:
    outcome.answered |= await context.call.say(
        action.say, context.names, interruptible=_interruptible(action, context)
    )


async def _play(action: Play, context: ActionContext, _outcome: ActionOutcome) -> None:
    await context.call.play(action)


async def _instruct(action: Instruct, context: ActionContext, outcome: ActionOutcome) -> None:
    text = context.text(action.instructions)
    chat = context.chat(context.output) if context.chat else None
    outcome.answered |= await context.call.instruct(
        text, interruptible=_interruptible(action, context), chat=chat
    )


async def _must_call(action: MustCall, context: ActionContext, outcome: ActionOutcome) -> None:
    context.call.due = DueCall(str(action.must_call))
    outcome.due = True


async def _set(action: Set, context: ActionContext, _outcome: ActionOutcome) -> None:
    for name, text in action.set.items():
        try:
            context.call.bound.variables.set(str(name), context.value(text))
        except MisfitError as problem:
            log.warning("'%s' is not stored: it %s", name, problem)
    await refresh(context.call)


async def _run_tool(action: RunTool, context: ActionContext, outcome: ActionOutcome) -> None:
    bound = context.call.bound
    if not bound.renderer.is_true(bound.plan.tools[str(action.tool)].condition):
        return
    if context.depth >= DEEPEST:
        log.warning("tool '%s' is not run: tools run each other in a circle", action.tool)
        return
    values = {n: context.value(t) for n, t in action.arguments.items()}
    given = {name: value for name, value in values.items() if not missing(value)}
    call = ToolCall(str(action.tool), given, shortuuid("action_"))
    if in_background(bound.plan.tools[call.name]):
        context.call.later(_apart(call, context))
        return
    inner = await run_tool(call, replace(context, names=None, depth=context.depth + 1))
    outcome.add(inner)
    if inner.output and not inner.answered:
        outcome.outputs.append((call.name, inner.output))


async def _ask_again(action: AskAgain, context: ActionContext, outcome: ActionOutcome) -> None:
    needs = context.call.needs
    if needs.forget(str(action.ask_again)):
        outcome.add(await needs.go_on(replace(context, names=None)))
    else:
        log.warning(
            "'ask_again: %s' does nothing: '%s' has no such need",
            action.ask_again,
            context.call.speaking,
        )


async def _apart(made: ToolCall, context: ActionContext) -> None:
    """Run a tool of an action for which the list does not wait."""
    depth = context.depth + 1
    detached = ActionContext(context.call, depth=depth, opening=context.opening)
    without_end(await run_tool(made, detached), made.name)


def in_background(tool: AnyTool) -> bool:
    """Whether nobody waits for a tool."""
    return isinstance(tool, WaitingTool) and tool.background


def without_end(outcome: ActionOutcome, name: str) -> ActionOutcome:
    """What came of a tool for which nobody has waited: it neither hands over nor ends the call."""
    if outcome.ends or outcome.leave is not None:
        log.warning("tool '%s' works in the background: the call goes on as it is", name)
    return replace(outcome, ends=False, leave=None)


async def _hand_off(action: HandOff, context: ActionContext, outcome: ActionOutcome) -> None:
    target = context.call.persona.came_from if action.handoff == BACK else str(action.handoff)
    if target is None:
        log.warning(
            "'handoff: back' has nowhere to go: the call began with '%s'",
            context.call.speaking,
        )
        return
    if target not in context.call.bound.plan.personas:
        log.warning("'handoff: back' has nowhere to go: '%s' is gone", target)
        return
    if target == context.call.speaking:
        return
    if context.call.hops >= MOST_HOPS:
        log.warning("the call is not handed to '%s': it goes round in a circle", target)
        return
    if not context.call.admits(target):
        await _turned_away(target, context, outcome)
        return
    declared = context.call.persona.plan.handoffs.get(target)
    outcome.leave = PendingHandoff(target, declared.context if declared is not None else "full")
    outcome.answered = True


async def _turned_away(target: str, context: ActionContext, outcome: ActionOutcome) -> None:
    """The gate of a persona is closed: the caller hears so, and the model is told."""
    own = context.call.bound.renderer.own
    outcome.closed = True
    outcome.remarks.append(own("handoff_closed", persona=target))
    outcome.answered |= await context.call.speak(own("not_yet"))


async def _end_call(action: EndCall, context: ActionContext, outcome: ActionOutcome) -> None:
    if action.end_call:
        await context.call.say(action.end_call, context.names, interruptible=False)
    outcome.ends = outcome.answered = True


async def _press_keys(action: PressKeys, context: ActionContext, outcome: ActionOutcome) -> None:
    outcome.answered |= await press(context.call, context.text(action.press_keys))


async def _transfer_call(
    action: TransferCall, context: ActionContext, outcome: ActionOutcome
) -> None:
    spec = action.transfer_call
    result = await put_through(context.call, spec, context.names)
    outcome.answered |= spec.say is not None
    if result.reached.answered:
        outcome.ends = outcome.answered = True
        return
    reason = result.message
    outcome.remarks.append(context.call.bound.renderer.own("transfer_failed", reason=reason))
    names = {**(context.names or {}), "error": result.error}
    outcome.add(await perform(spec.on_failure, replace(context, names=names)))


async def _not_put_through(context: ActionContext, outcome: ActionOutcome) -> None:
    """Nothing is done where a transfer fails, and nothing follows: the caller hears that it did."""
    if not outcome.ends:
        words = context.call.bound.renderer.own("not_put_through")
        outcome.answered |= await context.call.speak(words)


async def _opt_out(_: OptOut, context: ActionContext, _outcome: ActionOutcome) -> None:
    call = context.call
    number = call.bound.context.facts.caller.phone
    if not number:
        log.warning(
            "nobody is put on the list of those who are never called: the call has no number"
        )
    call.events.tell(OptOutEvent(persona=call.speaking, number=in_full(number) if number else None))


async def _call_app(action: CallApp, context: ActionContext, _outcome: ActionOutcome) -> None:
    payload = sent(context.call, action.arguments, context.names)
    await call_app(context.call, str(action.app), payload, action.timeout)


_DO: dict[type[Any], Callable[[Any, ActionContext, ActionOutcome], Awaitable[None]]] = {
    AskAgain: _ask_again,
    CallApp: _call_app,
    EndCall: _end_call,
    HandOff: _hand_off,
    Instruct: _instruct,
    MustCall: _must_call,
    OptOut: _opt_out,
    Play: _play,
    PressKeys: _press_keys,
    RunTool: _run_tool,
    Say: _say,
    Set: _set,
    TransferCall: _transfer_call,
}


async def refresh(call: Call) -> None:
    """Render the persona's instructions again where a variable that they use has changed."""
    if call.entered.is_set():
        await call.persona.refresh()


async def run_tool(made: ToolCall, context: ActionContext) -> ActionOutcome:
    """Run a tool, then its `then` or `on_error`, and tell the events of it."""
    call, tool = context.call, context.call.bound.plan.tools[made.name]
    call.shown.add(made.id)
    persona = call.speaking
    shown = _shown(made, call)
    call.events.tell(
        ToolCallEvent(persona=persona, name=made.name, arguments=shown, call_id=made.id)
    )
    made, result = await _work(made, context)
    actions: tuple[AnyAction, ...] = getattr(tool, "on_error", ()) if result.failed else tool.then
    names = {"args": made.args, "result": result.result, "error": result.error}
    inner = replace(context, names=names, output=context.output or result.output)
    output = result.output if result.refused else _with_note(result.output, actions, inner)
    call.events.tell(
        ToolResultEvent(
            persona=persona, name=made.name, call_id=made.id, output=output, error=result.failed
        )
    )
    outcome = ActionOutcome()
    if result.asks:
        outcome = await call.needs.go_on(inner)
    elif not result.refused:
        outcome = await perform(actions, inner)
    outcome.output = result.output
    outcome.answered |= result.answered
    outcome.ends |= result.ends
    outcome.failed |= result.failed
    await refresh(call)
    return outcome


def _shown(made: ToolCall, call: Call) -> dict[str, Any]:
    private = {name for name, field in call.fields(made.name).items() if field.private}
    return {str(n): MASK if n in private else as_data(v) for n, v in made.given.items()}


async def _work(made: ToolCall, context: ActionContext) -> tuple[ToolCall, ToolResult]:
    """Check, ask, then work; the call comes back with its arguments as they were read."""
    call, tool = context.call, context.call.bound.plan.tools[made.name]
    try:
        made = await confirmed(call, tool, admitted(call, made), context.chat)
        if made.by_model and context.begun is not None and in_background(tool):
            await context.begun()
        async with nullcontext() if context.opening else waiting(call, tool, made, context.run):
            with nullcontext() if in_background(tool) else call.budget.tool_works():
                return made, await carried_out(call, tool, made)
    except RefusedError as refused:
        return made, refused.result


def _with_note(output: str, actions: tuple[AnyAction, ...], context: ActionContext) -> str:
    """What the model sees where a single instruction goes with the answer."""
    if len(actions) != 1 or not isinstance(actions[0], Instruct) or not context.by_model:
        return output
    action = actions[0]
    if not context.is_true(action.condition):
        return output
    return joined(output, [context.text(action.instructions)])


def joined(output: str, notes: list[str]) -> str:
    """An answer with instructions behind it, each once."""
    return "\n".join([output, *(note for note in notes if note and note not in output)])
