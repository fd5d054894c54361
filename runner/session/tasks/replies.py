"""Replies to a question for a need: a plain yes or no, and words that hold no value."""

from __future__ import annotations

from livekit.agents import llm

from runner.patterns import words_of
from runner.schema.needs import Need
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.plan import PersonaPlan
from runner.session.tasks.asking import NOTHING
from runner.session.tasks.certain import Deed
from runner.session.tasks.needs import Needs

PLAIN = 2
"""Words of a no that says nothing else."""


def again(needs: Needs, plan: PersonaPlan, turn: str, words: str) -> str | Deed:
    """What follows words of the model alone, where the caller was asked for something.

    Args:
        needs: of the call.
        plan: the persona that speaks.
        turn: the caller's turn that it has answered.
        words: what they said in it.

    Returns:
        The question once more, or what is done where it was asked as often as it may be.
    """
    current = needs.current(plan)
    if current is None:
        return ""
    name, need = current
    state = needs.of(name)
    if state.asked_in == turn and turn not in state.missed:
        return ""  # the model has asked it just now
    if state.asked_in is not None:
        state.missed.add(turn)
    if state.is_pending and needs.agrees(words) is False:
        state.pending = NOTHING
    if needs.exhausted(name, need, turn):
        return giving_up(needs, name, need)
    state.asked_in, state.heard = turn, len({*needs.turns, turn})
    needs.asks(need)
    return needs.question(name, need)


def answered(needs: Needs, plan: PersonaPlan, message: llm.ChatMessage) -> Deed | None:
    """What a plain yes or no means where a value waits to be confirmed."""
    current = needs.current(plan)
    if current is None:
        return None
    name, need = current
    state = needs.of(name)
    if not state.is_pending or state.asked_in is None or not needs.fresh(name, message.id):
        return None
    words = message.text_content or ""
    right = needs.agrees(words)
    if right is None or (right is False and len(words_of(words)) > PLAIN):
        return None  # the model may find another value in it

    async def deed(context: ActionContext) -> ActionOutcome:
        if right:
            return await needs.confirmed(name, need, context)
        return await needs.refused(name, need, context)

    return deed


def giving_up(needs: Needs, name: str, need: Need) -> Deed:
    """Give a need up, in a turn."""

    async def deed(context: ActionContext) -> ActionOutcome:
        return await needs.give_up(name, need, context)

    return deed
