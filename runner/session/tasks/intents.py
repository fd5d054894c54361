"""Intents in a turn: acted on before the model is asked."""

from __future__ import annotations

from livekit.agents import llm

from runner.schema.intents import Intent
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.events import IntentEvent
from runner.session.plan import PersonaPlan
from runner.session.tasks.certain import Deed


def meant(call: Call, plan: PersonaPlan, message: llm.ChatMessage) -> Deed | None:
    """What the caller's words lead to for certain; None where the model is asked."""
    if message.id in call.acted or not plan.intents:
        return None

    def does(intent: Intent) -> bool:
        is_true = call.bound.renderer.is_true
        return any(is_true(action.condition) for action in intent.then)

    name = plan.intents.match(message.text_content or "", does)
    if name is None:
        return None

    async def deed(context: ActionContext) -> ActionOutcome:
        call.acted.add(message.id)
        call.events.tell(IntentEvent(persona=plan.name, name=name))
        return await perform(plan.intents[name].then, context)

    return deed
