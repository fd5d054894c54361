"""Actions, done in order; and tools, whoever runs them, with what they do afterwards."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from livekit.agents import ChatContext
from livekit.agents.utils import shortuuid

from runner.schema.actions import BACK, AnyAction, EndCall, HandOff, Instruct, RunTool, Say, Set
from runner.session.call import MOST_HOPS, Call, PendingHandoff
from runner.session.tools.work import WORK, Job, Made
from runner.session.values.conversion import MisfitError, missing
from runner.session.values.parameters import ArgumentsError
from runner.session.values.variables import MASK
from runner.session.values.wording import Names
from runner.template import as_data

log = logging.getLogger("lkrun")

DEEPEST = 8
"""Tools that run each other: more is a circle."""


@dataclass(slots=True)
class ActionOutcome:
    """What came of a list of actions.

    Attributes:
        answered: the caller was spoken to, or the persona leaves: the model is not asked to answer.
        notes: instructions for the model's next reply, which is then asked for all the same.
        leave: the call is to be handed over.
        ends: the call is to end.
        failed: a tool in it failed.
    """

    answered: bool = False
    notes: list[str] = field(default_factory=list)
    leave: PendingHandoff | None = None
    ends: bool = False
    failed: bool = False

    @property
    def stops(self) -> bool:
        """Whether nothing after it is done."""
        return self.failed or self.ends or self.leave is not None

    def add(self, other: ActionOutcome) -> None:
        """Take what a tool in the list brought."""
        self.answered |= other.answered
        self.notes += other.notes
        self.leave, self.ends, self.failed = other.leave, other.ends, other.failed


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Where actions are done.

    Attributes:
        names: what their templates may use besides.
        by_model: a tool that the model called is running, and the model waits for its answer.
        chat: the talk with the answer of the tool in it that the model called.
        depth: how many tools run each other.
        output: that answer.
    """

    call: Call
    names: Names = None
    by_model: bool = False
    chat: Callable[[str], ChatContext] | None = None
    depth: int = 0
    output: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a tool.

    Attributes:
        name: its name in the agent's release.
        given: the arguments, not checked yet.
        call_id: names the run in the events.
        by_model: the model called it; else an action does.
        spoken: the model said something together with its call.
    """

    name: str
    given: Mapping[str, Any]
    call_id: str
    by_model: bool = False
    spoken: bool = False


@dataclass(slots=True)
class Ran:
    """A tool that was run."""

    output: str
    outcome: ActionOutcome


async def perform(actions: tuple[AnyAction, ...], scene: ActionContext) -> ActionOutcome:
    """Do actions in order, up to one that ends the list."""
    outcome = ActionOutcome()
    last = actions[-1] if actions else None
    for action in actions:
        if scene.call.over or not scene.call.wording.holds(action.condition, scene.names):
            continue
        if isinstance(action, Instruct) and action is last and scene.by_model:
            outcome.notes.append(scene.call.wording.text(action.instructions, scene.names))
            break
        await _DO[type(action)](action, scene, outcome)
        if outcome.stops:
            break
    return outcome


async def _say(action: Say, scene: ActionContext, outcome: ActionOutcome) -> None:
    outcome.answered |= await scene.call.say(
        action.say, scene.names, interruptible=action.interruptible
    )


async def _instruct(action: Instruct, scene: ActionContext, outcome: ActionOutcome) -> None:
    text = scene.call.wording.text(action.instructions, scene.names)
    chat = scene.chat(scene.output) if scene.chat else None
    outcome.answered |= await scene.call.instruct(
        text, interruptible=action.interruptible, chat=chat
    )


async def _set(action: Set, scene: ActionContext, _outcome: ActionOutcome) -> None:
    for name, text in action.set.items():
        try:
            scene.call.variables.set(str(name), scene.call.wording.value(text, scene.names))
        except MisfitError as problem:
            log.warning("'%s' is not stored: it %s", name, problem)
    await refresh(scene.call)


async def _run_tool(action: RunTool, scene: ActionContext, outcome: ActionOutcome) -> None:
    if not scene.call.wording.holds(scene.call.plan.tools[str(action.tool)].condition):
        return
    if scene.depth >= DEEPEST:
        log.warning("tool '%s' is not run: tools run each other in a circle", action.tool)
        return
    values = {n: scene.call.wording.value(t, scene.names) for n, t in action.arguments.items()}
    given = {name: value for name, value in values.items() if not missing(value)}
    run = Run(str(action.tool), given, shortuuid("action_"))
    ran = await run_tool(run, replace(scene, names=None, depth=scene.depth + 1))
    outcome.add(ran.outcome)


async def _hand_off(action: HandOff, scene: ActionContext, outcome: ActionOutcome) -> None:
    target = scene.call.persona.came_from if action.handoff == BACK else str(action.handoff)
    if target is None:
        log.warning(
            "'handoff: back' has nowhere to go: the call began with '%s'", scene.call.values.persona
        )
        return
    if target not in scene.call.plan.roles:
        log.warning("'handoff: back' has nowhere to go: '%s' is gone", target)
        return
    if target == scene.call.values.persona:
        return
    if scene.call.hops >= MOST_HOPS:
        log.warning("the call is not handed to '%s': it goes round in a circle", target)
        return
    declared = scene.call.persona.role.handoffs.get(target)
    outcome.leave = PendingHandoff(target, declared.context if declared is not None else "full")
    outcome.answered = True


async def _end_call(action: EndCall, scene: ActionContext, outcome: ActionOutcome) -> None:
    if action.end_call:
        await scene.call.say(action.end_call, scene.names, interruptible=False)
    outcome.ends = outcome.answered = True


_DO: dict[type[Any], Callable[[Any, ActionContext, ActionOutcome], Awaitable[None]]] = {
    EndCall: _end_call,
    HandOff: _hand_off,
    Instruct: _instruct,
    RunTool: _run_tool,
    Say: _say,
    Set: _set,
}


async def refresh(call: Call) -> None:
    """Render the persona's instructions again where a variable that they use has changed."""
    await call.persona.refresh()


async def run_tool(run: Run, scene: ActionContext) -> Ran:
    """Run a tool, then its `then` or `on_error`, and tell the events of it."""
    call, tool = scene.call, scene.call.plan.tools[run.name]
    call.shown.add(run.call_id)
    persona = call.values.persona
    told = {"name": run.name, "arguments": _shown(run, call), "call_id": run.call_id}
    call.events.tell("tool_call", persona, **told)
    args, made = await _work(run, call)
    actions: tuple[AnyAction, ...] = getattr(tool, "on_error", ()) if made.failed else tool.then
    names = {"args": args or {}, "result": made.result, "error": made.error}
    inner = replace(scene, names=names, output=scene.output or made.output)
    output = made.output if args is None else _with_note(made.output, actions, inner)
    told = {"name": run.name, "call_id": run.call_id, "output": output}
    call.events.tell("tool_result", persona, **told, error=made.failed)
    outcome = await perform(actions, inner) if args is not None else ActionOutcome()
    outcome.answered |= made.answered
    outcome.ends |= made.ends
    outcome.failed |= made.failed
    await refresh(call)
    return Ran(made.output, outcome)


def _shown(run: Run, call: Call) -> dict[str, Any]:
    private = {name for name, field in call.fields(run.name).items() if field.private}
    return {str(n): MASK if n in private else as_data(v) for n, v in run.given.items()}


async def _work(run: Run, call: Call) -> tuple[dict[str, Any] | None, Made]:
    """Check, then work; no arguments come back where nothing was run."""
    tool = call.plan.tools[run.name]
    if call.over:
        return None, Made("The call is over.", failed=True, answered=True)
    if run.by_model and not call.wording.holds(tool.condition):
        return None, Made(f"{run.name} cannot be used now.", failed=True)
    try:
        args = call.read(run.name, run.given)
    except ArgumentsError as problem:
        if not run.by_model:
            log.warning("tool '%s' was not run: %s", run.name, problem)
        return None, Made(f"{run.name} was not run: {problem}.", failed=True)
    job = Job(call, run.name, tool, args, run.by_model, run.spoken)
    return args, await WORK[tool.kind](job)


def _with_note(output: str, actions: tuple[AnyAction, ...], scene: ActionContext) -> str:
    """What the model sees where a single instruction goes with the answer."""
    if len(actions) != 1 or not isinstance(actions[0], Instruct) or not scene.by_model:
        return output
    action = actions[0]
    if not scene.call.wording.holds(action.condition, scene.names):
        return output
    return joined(output, [scene.call.wording.text(action.instructions, scene.names)])


def joined(output: str, notes: list[str]) -> str:
    """An answer with instructions behind it, each once."""
    return "\n".join([output, *(note for note in notes if note and note not in output)])
