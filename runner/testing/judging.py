"""Checks of meaning, which a model makes: LiveKit's judges, and plain sentences."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, Literal

from livekit.agents import ChatContext, evals, llm
from livekit.agents.types import APIConnectOptions

from runner.schema.tests import Checks
from runner.testing.turn import Event, TurnRecord

JUDGES: Final[Mapping[str, Callable[..., Any]]] = {
    "accuracy": evals.accuracy_judge,
    "coherence": evals.coherence_judge,
    "conciseness": evals.conciseness_judge,
    "handoff": evals.handoff_judge,
    "relevancy": evals.relevancy_judge,
    "safety": evals.safety_judge,
    "task_completion": evals.task_completion_judge,
    "tool_use": evals.tool_use_judge,
}
"""LiveKit's judges by name (https://docs.livekit.io/agents/build/testing/)."""

_PATIENCE: Final = APIConnectOptions(timeout=60.0)
_TASK: Final = (
    "You check what a voice agent did in a conversation. Read the conversation and the criterion, "
    "then call submit_verdict: 'pass' where the criterion is met, 'fail' where it is not, 'maybe' "
    "where the conversation does not tell, each with a short reason."
)


class Judging:
    """Judges turns and talks by a model.

    Attributes:
        model: the model.
    """

    def __init__(self, model: llm.LLM[Any]) -> None:
        self.model = model

    async def failures(self, checks: Checks, turn: TurnRecord) -> AsyncIterator[tuple[str, str]]:
        """Check the meaning of a turn or talk, as `checks.failures` checks the rest."""
        if checks.means is not None:
            criterion = f"What the agent says means this: {checks.means}"
            async for message in self._sentence(criterion, turn):
                yield "means", message
        for wanted in map(str, checks.judge):
            async for message in self._judge(wanted, turn):
                yield "judge", message

    async def _judge(self, wanted: str, turn: TurnRecord) -> AsyncIterator[str]:
        if wanted not in JUDGES:
            async for message in self._sentence(wanted, turn):
                yield message
            return
        try:
            result = await JUDGES[wanted](self.model).evaluate(chat_ctx=chat_of(turn.events))
        except Exception as error:  # noqa: BLE001 - whatever a model's service raises is told in words
            yield f"{wanted} could not be judged: {type(error).__name__}"
            return
        if not result.passed:
            yield f"{wanted}: {result.verdict}: {result.reasoning}"

    async def _sentence(self, criterion: str, turn: TurnRecord) -> AsyncIterator[str]:
        try:
            verdict, reason = await self._verdict(criterion, turn)
        except Exception as error:  # noqa: BLE001 - as above
            yield f"'{criterion}' could not be judged: {type(error).__name__}"
            return
        if verdict != "pass":
            yield f"'{criterion}': {verdict}: {reason}"

    async def _verdict(self, criterion: str, turn: TurnRecord) -> tuple[str, str]:
        @llm.function_tool
        async def submit_verdict(verdict: Literal["pass", "fail", "maybe"], reason: str) -> str:
            """Submit the verdict.

            Args:
                verdict: pass, fail or maybe.
                reason: one short sentence.
            """
            return f"{verdict}: {reason}"

        chat = ChatContext()
        chat.add_message(role="system", content=_TASK)
        talk = transcript(turn.events)
        chat.add_message(role="user", content=f"Criterion: {criterion}\n\nConversation:\n{talk}")
        answer = await self.model.chat(
            chat_ctx=chat,
            tools=[submit_verdict],
            tool_choice="required",
            conn_options=_PATIENCE,
        ).collect()
        if not answer.tool_calls:
            return "maybe", "the model gave no verdict"
        given = json.loads(answer.tool_calls[0].arguments or "{}")
        return str(given.get("verdict", "maybe")), str(given.get("reason", ""))


def chat_of(events: Sequence[Event]) -> ChatContext:
    """A talk as LiveKit's judges read it."""
    chat = ChatContext()
    for event in events:
        match event["type"]:
            case "message":
                role: Any = "assistant" if event["role"] == "agent" else "user"
                chat.add_message(role=role, content=str(event["text"]))
            case "tool_call":
                chat.items.append(
                    llm.FunctionCall(
                        call_id=event["call_id"],
                        name=event["name"],
                        arguments=json.dumps(event["arguments"], default=str),
                    )
                )
            case "tool_result":
                chat.items.append(
                    llm.FunctionCallOutput(
                        call_id=event["call_id"],
                        name=event["name"],
                        output=str(event["output"]),
                        is_error=bool(event["error"]),
                    )
                )
            case "handoff":
                chat.items.append(
                    llm.AgentHandoff(old_agent_id=event["from"], new_agent_id=event["to"])
                )
    return chat


def transcript(events: Sequence[Event]) -> str:
    """A talk as lines of text."""
    lines = []
    for event in events:
        match event["type"]:
            case "message":
                lines.append(f"{event['role']}: {event['text']}")
            case "tool_call":
                lines.append(f"[{event['name']} is called with {event['arguments']}]")
            case "tool_result":
                lines.append(f"[{event['name']} answers: {event['output']}]")
            case "keypad":
                who = "caller" if event["role"] == "user" else "agent"
                lines.append(f"[the {who} presses {event['keys'] or 'keys that stay private'}]")
            case "intent":
                lines.append(f"[the caller's words are acted on as {event['name']}]")
            case "language":
                lines.append(f"[{event['to']} is spoken from here on]")
            case "handoff":
                lines.append(f"[the call is handed from {event['from']} to {event['to']}]")
    return "\n".join(lines)
