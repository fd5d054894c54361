"""How long a caller may hear nothing while a tool works."""

from __future__ import annotations

from typing import Any

from runner.link import AgentRelease


def longest(release: AgentRelease) -> tuple[float, str]:
    """The longest silence in seconds, and the tool that it comes from; (0, "") without any."""
    waits = [(_wait(tool), name) for name, tool in release.tools.items()]
    return max(waits, key=lambda wait: wait[0], default=(0.0, ""))


def _wait(tool: Any) -> float:
    request = getattr(tool, "http", None)
    if request is None or getattr(tool, "background", False):
        return 0.0
    budget = getattr(request, "budget", None)
    wait = min(request.timeout, budget) if budget else request.timeout
    if getattr(request, "retries", 0) and budget:
        wait = budget
    spoken = getattr(tool, "while_waiting", None)
    if spoken:
        gaps = [g for g in (getattr(spoken, "after", None), getattr(spoken, "every", None)) if g]
        wait = min([wait, max(gaps)]) if gaps else wait
    return float(wait)
