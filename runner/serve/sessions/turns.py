"""What is told of a turn of a dialogue, and of a dialogue that is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from runner.front.port import DialogueError
from runner.front.talks_port import Turn
from runner.serve.sessions.calls import TurnFigures

if TYPE_CHECKING:
    from runner.serve.sessions.calls import CallInfo
    from runner.serve.socket.messages import Reply

LONGEST_SPOKEN: Final = 1000
"""Characters of a text that is spoken: more than a minute of speech."""

SILENCE: Final = 600.0
"""Seconds without a text after which a dialogue ends."""

_HUNG: Final = "the agent did not answer in time, and the dialogue has ended"
_ENDS: Final = {
    "crashed": "the process of the dialogue has died, and the dialogue with it",
    "hung": _HUNG,
    "end_call": "the agent has ended the dialogue",
    "max_duration": "the dialogue has lasted as long as it may",
    "transferred": "the agent has put the dialogue through to a person",
    "silence": f"the dialogue has ended: nobody wrote for {SILENCE / 60:g} minutes",
}


def check_length(text: str, *, spoken: bool) -> None:
    if spoken and len(text) > LONGEST_SPOKEN:
        message = f"a text that is spoken has at most {LONGEST_SPOKEN:,} characters"
        raise DialogueError("out_of_bounds", message, "say it in several turns")


def why_over(reason: str | None) -> str:
    return _ENDS.get(reason or "", "the dialogue has ended")


def figures_of(reply: Reply, seconds: float) -> TurnFigures:
    number = max((int(event["turn"]) for event in reply.events), default=0)
    usage = reply.usage
    return TurnFigures(number, round(seconds * 1000), usage.input_tokens, usage.output_tokens)


def turn_of(call: CallInfo, reply: Reply) -> Turn:
    return Turn(
        call.id,
        reply.text,
        reply.events,
        reply.usage.input_tokens,
        reply.usage.output_tokens,
        reply.ended,
        call.release,
        call.persona,
        reply.variables,
        first_event=call.events.begin_of(reply.events[0]["turn"]) if reply.events else 0,
        failure=call.failure,
        sound_ms=reply.sound_ms,
    )
