"""What is known of a call once it is over; plain data, so that it may travel and be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class CallReport:
    """What a call leaves behind. No private value stands in it.

    Attributes:
        session: the id of the call.
        values: what its templates may use, as plain data: variables, `caller`, `call`, …
        transcript: role (`user` or `agent`) and text, in order.
        started, ended: moments, ISO 8601.
        duration: seconds.
        ended_by: why it ended.
        summary: what it was about, where somebody asks for that.
        extract: what was asked for → what a model found.
        verdicts: judge → `pass`, `fail` or `maybe`.
        reasons: judge → why.
        usage: `input_tokens` and `output_tokens` of all models.
        latency: of each answer, its `turn` and the `ms` of its parts: `stt`, `llm`, `tts`, `turn`.
        who: whom the agent's memory is about; nothing where it keeps nothing of them.
        remembered: variables that their next call begins with: name → value.
        remember_for: seconds for which that is kept; None: always.
        remember_summary: whether what the call was about is kept too.
        final: whether models have done their work; else it may still be replaced by a later one.
    """

    session: str
    values: dict[str, Any]
    transcript: tuple[tuple[str, str], ...]
    started: str
    ended: str
    duration: float
    ended_by: str
    summary: str = ""
    extract: dict[str, Any] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    usage: dict[str, int] = field(default_factory=dict)
    latency: tuple[dict[str, Any], ...] = ()
    who: str = ""
    remembered: dict[str, Any] | None = None
    remember_for: float | None = None
    remember_summary: bool = False
    final: bool = False

    def to_data(self) -> dict[str, Any]:
        """The same as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Read what `to_data` gave."""
        lines = tuple((str(role), str(text)) for role, text in data["transcript"])
        return cls(**{**data, "transcript": lines, "latency": tuple(data.get("latency", ()))})

    def masked(self, mask: Callable[[Any], Any]) -> Self:
        """The same with what may not be sent of it masked; nothing is sent of a memory."""
        lines = tuple((role, mask(text)) for role, text in self.transcript)
        said = {n: mask(getattr(self, n)) for n in ("values", "summary", "extract", "reasons")}
        return replace(self, transcript=lines, who="", remembered=None, **said)

    @property
    def names(self) -> dict[str, Any]:
        """What templates may use once the call is over."""
        call = {
            **self.values.get("call", {}),
            "started": self.started,
            "ended": self.ended,
            "duration": self.duration,
            "ended_by": self.ended_by,
            "transcript": self.lines,
            "summary": self.summary or None,
        }
        return {**self.values, "call": call, "extract": self.extract, "verdicts": self.verdicts}

    @property
    def lines(self) -> str:
        """What was said, a line a message."""
        speakers = {"user": "Caller", "agent": "Agent"}
        return "\n".join(f"{speakers.get(role, role)}: {text}" for role, text in self.transcript)
