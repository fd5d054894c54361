"""What a model says of a talk: LiveKit's judges, and plain sentences."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from livekit.agents import ChatContext, evals, llm
from livekit.agents.types import APIConnectOptions

Told = Mapping[str, Any]
"""An event as `lkrun chat --format json` has it."""

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


async def verdict_of(judge: str, model: llm.LLM[Any], events: Sequence[Told]) -> tuple[str, str]:
    """What a judge of LiveKit, or a sentence, says of a talk: the verdict, and why.

    Raises:
        Exception: whatever the model's service raises.
    """
    if judge not in JUDGES:
        return await verdict_on(judge, model, events)
    result = await JUDGES[judge](model).evaluate(chat_ctx=chat_of(events))
    return str(result.verdict), str(result.reasoning)


async def verdict_on(
    criterion: str, model: llm.LLM[Any], events: Sequence[Told]
) -> tuple[str, str]:
    """Whether a talk meets a criterion: the verdict, and why.

    Raises:
        Exception: whatever the model's service raises.
    """

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
    talk = transcript(events)
    chat.add_message(role="user", content=f"Criterion: {criterion}\n\nConversation:\n{talk}")
    answer = await model.chat(
        chat_ctx=chat,
        tools=[submit_verdict],
        tool_choice="required",
        conn_options=_PATIENCE,
    ).collect()
    if not answer.tool_calls:
        return "maybe", "the model gave no verdict"
    given = json.loads(answer.tool_calls[0].arguments or "{}")
    return str(given.get("verdict", "maybe")), str(given.get("reason", ""))


def chat_of(events: Sequence[Told]) -> ChatContext:
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


_PLAIN = {
    "intent": "[the caller's words are acted on as {name}]",
    "language": "[{to} is spoken from here on]",
    "handoff": "[the call is handed from {from} to {to}]",
    "dial": "[the agent calls: {outcome}, answered by: {answered_by}]",
    "opt_out": "[the caller's number is put on the list of those who are never called]",
}


def transcript(events: Sequence[Told]) -> str:
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
            case "event":
                lines.append(f"[elsewhere happens {event['name']}: {event['arguments']}]")
            case kind if kind in _PLAIN:
                lines.append(_PLAIN[kind].format_map(event))
    return "\n".join(lines)
