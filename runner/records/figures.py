"""What calls add up to: small sums that can be added, and the figures that are read off them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

Sums = dict[str, Any]
"""Nested mappings with numbers at their ends."""

PARTS: Final = ("stt", "llm", "tts", "turn")
"""Of which the time is measured."""

_STEP: Final = math.log(1.04)
"""Times are counted in steps of 4 %, so a percentile is right to 2 %."""


def bucket(milliseconds: float) -> str:
    """The step that a time is counted in."""
    return str(round(math.log(max(milliseconds, 1.0)) / _STEP))


def sums_of(
    *,
    duration: float,
    outcome: str,
    tokens: tuple[int, int],
    latency: Iterable[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]],
) -> Sums:
    """What one session adds."""
    times: dict[str, dict[str, int]] = {}
    for turn in latency:
        for part in PARTS:
            if isinstance(value := turn["ms"].get(part), int | float):
                counts = times.setdefault(part, {})
                counts[bucket(value)] = counts.get(bucket(value), 0) + 1
    tools: dict[str, dict[str, int]] = {}
    for event in events:
        if event.get("type") == "tool_result":
            counts = tools.setdefault(str(event.get("name")), {"ok": 0, "failed": 0})
            counts["failed" if event.get("error") else "ok"] += 1
    return {
        "seconds": round(duration, 3),
        "ended": {outcome: 1},
        "tokens": {"input": tokens[0], "output": tokens[1]},
        "latency": times,
        "tools": tools,
    }


def add(sums: Sums, more: Mapping[str, Any]) -> Sums:
    """Add to sums, in place."""
    for name, value in more.items():
        if type(value) is dict:  # there are tens of thousands of numbers in the figures of a month
            add(sums.setdefault(name, {}), value)
        else:
            sums[name] = sums.get(name, 0) + value
    return sums


def shown(calls: int, sums: Sums, hours: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures as the API has them."""
    return {
        "calls": calls,
        "minutes": round(sums.get("seconds", 0.0) / 60, 2),
        "ended": dict(sorted(sums.get("ended", {}).items())),
        "tokens": {"input": 0, "output": 0, **sums.get("tokens", {})},
        "latency_ms": {part: _percentiles(sums.get("latency", {}).get(part, {})) for part in PARTS},
        "tools": dict(sorted(sums.get("tools", {}).items())),
        "hours": hours,
    }


def _percentiles(counts: Mapping[str, int]) -> dict[str, int | None]:
    return {"p50": percentile(counts, 0.5), "p95": percentile(counts, 0.95)}


def percentile(counts: Mapping[str, int], share: float) -> int | None:
    """The time that so many were as fast as, in milliseconds; None where there is none."""
    rest = share * sum(counts.values())
    for step in sorted(map(int, counts)):
        rest -= counts[str(step)]
        if rest <= 0:
            return round(math.exp(step * _STEP))
    return None
