"""What a call took: tokens, and the time of each answer by its parts."""

from __future__ import annotations

from typing import Any, Final

from livekit.agents import AgentSession

_PARTS: Final = {
    "stt": ("user", "transcription_delay"),
    "llm": ("assistant", "llm_node_ttft"),
    "tts": ("assistant", "tts_node_ttfb"),
    "turn": ("assistant", "e2e_latency"),
}
"""Part → whose message has it, and as what (`livekit.agents.llm.MetricsReport`)."""


def tokens(session: AgentSession[Any] | None) -> dict[str, int]:
    """Tokens of all models so far."""
    models = session.usage.model_usage if session is not None else []
    used = [m for m in models if m.type == "llm_usage"]
    return {
        "input_tokens": sum(m.input_tokens for m in used),
        "output_tokens": sum(m.output_tokens for m in used),
    }


def latencies(session: AgentSession[Any] | None) -> tuple[dict[str, Any], ...]:
    """Of each turn that was measured, its number and the milliseconds of its parts."""
    turns: dict[int, dict[str, int]] = {}
    number = 0
    for item in session.history.items if session is not None else ():
        if item.type != "message":
            continue
        number += item.role == "user"
        for part, (role, name) in _PARTS.items():
            seconds = item.metrics.get(name)
            if item.role == role and isinstance(seconds, int | float):
                turns.setdefault(number, {}).setdefault(part, round(seconds * 1000))
    return tuple({"turn": turn, "ms": parts} for turn, parts in sorted(turns.items()))
