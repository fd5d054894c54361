"""The first words of a persona: as written, a question for what is missing, or the model's."""

from __future__ import annotations

from typing import Protocol

from livekit.agents import ChatContext

from runner.schema.actions import Instruct, Play, Say
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.call import Call
from runner.session.personas.recorded import announced
from runner.session.personas.unasked import Unasked
from runner.session.plan import PersonaPlan


class Newcomer(Protocol):
    """The persona that begins to speak.

    Attributes:
        came_from: the persona that handed the call over; None at the start.
        unasked: does what no tool of the model asked for.
    """

    came_from: str | None
    unasked: Unasked

    @property
    def plan(self) -> PersonaPlan:
        """What it is made of."""

    @property
    def chat_ctx(self) -> ChatContext:
        """Its talk."""

    async def recall(self, history: tuple[tuple[str, str], ...]) -> None:
        """Go on with a talk that took place elsewhere."""


async def opened(call: Call, persona: Newcomer) -> bool:
    """Wait for what is done before the first words of a call; whether this persona says them."""
    outcome = await call.opening.finish()
    await persona.unasked.follow(outcome)
    if call.over or outcome.ends or outcome.leave:
        return False
    return await call.outgoing.reach(persona) and not call.over


async def speak_first(call: Call, persona: Newcomer, *, known: bool) -> None:
    """Speak a persona's first words.

    Args:
        call: the call.
        persona: who begins to speak.
        known: it has spoken in this call before.
    """
    if persona.came_from is None and not known:
        if call.history is not None:
            await persona.recall(call.history)
            return
        if await announced(call, persona.plan.name):
            return
    words = _written(call, persona, known=known)
    if words is not None:
        await call.open(words)
    elif call.outgoing.reached and persona.came_from is None and not known:
        await call.instruct("", tools=True)  # who was called has said hello, and waits
    if persona.plan.asks and await _ask(call, persona):
        return
    if words is None and persona.came_from is not None:
        items = persona.chat_ctx.items
        heard = any(i.type == "message" and i.role == "user" for i in items)
        await call.instruct("" if heard else call.bound.renderer.own("take_over"), tools=True)


async def after_consent(context: ActionContext) -> ActionOutcome:
    """Speak the first words of a call whose caller was asked whether it may be recorded."""
    call, outcome = context.call, ActionOutcome()
    plan = call.persona.plan
    words = call.bound.release.personas[plan.name].greeting
    if words is not None:
        outcome.answered = await call.open(words)
    if plan.asks:
        call.needs.begin_visit(plan.name)
        outcome.add(await call.needs.go_on(context))
    return outcome


def _written(call: Call, persona: Newcomer, *, known: bool) -> Say | Instruct | Play | None:
    spec = call.bound.release.personas[persona.plan.name]
    if known:
        return spec.on_return
    if persona.came_from is None:
        return spec.greeting
    return spec.on_handoff or spec.greeting


async def _ask(call: Call, persona: Newcomer) -> bool:
    """Ask for what is missing, or do what follows when nothing is."""
    call.needs.begin_visit(persona.plan.name)
    outcome: ActionOutcome = await call.needs.go_on(ActionContext(call))
    await persona.unasked.follow(outcome)
    return outcome.answered or outcome.stops or bool(outcome.outputs)
