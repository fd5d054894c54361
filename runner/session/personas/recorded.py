"""What a caller hears of the recording of their call, before the greeting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from livekit.agents import llm

from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.recording import TRIES
from runner.session.tasks.certain import Deed
from runner.session.values.consent import consent

GoOn = Callable[[ActionContext], Awaitable[ActionOutcome]]
"""Speaks what comes after the answer."""


async def announced(call: Call, persona: str) -> bool:
    """Say what is said of the recording; whether the caller is asked for an answer."""
    recording = call.recording
    recording.attach(call.session)
    if recording.notice is not None:
        await call.open(recording.notice)
    if not call.over:
        await recording.begin()
    if recording.question is None or call.over:
        return False
    recording.asks = persona
    await _ask(call)
    return True


async def _ask(call: Call) -> bool:
    recording = call.recording
    if recording.consent is None:
        return False
    recording.asked += 1
    recording.words = call.bound.renderer.next(recording.consent.ask, None)
    return await call.speak(recording.words)


def agreeing(call: Call, persona: str, message: llm.ChatMessage, go_on: GoOn) -> Deed | None:
    """What the caller's words lead to where they were asked whether the call may be recorded.

    Args:
        call: the call.
        persona: who speaks; where another one asked, the question is past.
        message: the caller's words.
        go_on: speaks what comes after the answer.
    """
    recording = call.recording
    if not recording.asks or recording.consent is None:
        return None
    if recording.asks != persona:
        recording.refuse()
        return None
    words, language = message.text_content or "", call.bound.context.language
    agrees = consent(words, recording.words, language)

    async def deed(context: ActionContext) -> ActionOutcome:
        outcome = ActionOutcome()
        if agrees is None and recording.asked < TRIES:
            outcome.answered = await _ask(call)
            return outcome
        if agrees:
            recording.agree()
            await recording.begin()
        else:
            recording.refuse()
            spec = recording.consent
            outcome = await perform(spec.on_refusal if spec is not None else (), context)
        if not outcome.stops:
            outcome.add(await go_on(context))
        return outcome

    return deed
