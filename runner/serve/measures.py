"""What calls took and what failed in them, for Prometheus: of each, once it is over.

The parts are those of LiveKit's own measures (https://docs.livekit.io/agents/build/metrics/).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Histogram

if TYPE_CHECKING:
    from runner.serve.sessions.calls import CallInfo
    from runner.serve.socket.messages import Reported

PARTS: Final = ("stt", "llm", "tts", "turn")
"""Speech recognition, the model's first token, the voice's first sound, and all of an answer."""

_SECONDS: Final = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)

_TOKENS: Final = {"input_tokens": "input", "output_tokens": "output"}


class Measures:
    """Adds up what is told of calls when they end."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Nothing has been told."""
        self._counted: set[str] = set()
        self._latency = Histogram(
            "lkrun_latency_seconds",
            "How long answers took, by part: stt, llm, tts, and turn, which is all of it",
            ["agent", "part"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            "lkrun_tokens", "Tokens of models, read and written", ["agent", "direction"],
            registry=registry,
        )  # fmt: skip
        self._failures = Counter(
            "lkrun_failures",
            "Answers that failed, by what failed: llm, stt, tts, realtime, or turn for the rest",
            ["agent", "part"],
            registry=registry,
        )

    def take(self, call: CallInfo | None, message: Reported) -> None:
        """Count what a call took, once: the last report but one is the first that has it all."""
        report = message.report
        if call is None or call.id in self._counted or not report.get("ended_by"):
            return
        self._counted.add(call.id)
        for turn in report.get("latency", ()):
            for part, milliseconds in turn["ms"].items():
                if part in PARTS:
                    self._latency.labels(call.agent, part).observe(milliseconds / 1000)
        for name, direction in _TOKENS.items():
            self._tokens.labels(call.agent, direction).inc(report.get("usage", {}).get(name, 0))

    def failed(self, call: CallInfo, _reason: str, part: str) -> None:
        """Count what failed."""
        self._failures.labels(call.agent, part).inc()

    def ended(self, call: CallInfo) -> None:
        """Nothing more is told of a call."""
        self._counted.discard(call.id)
