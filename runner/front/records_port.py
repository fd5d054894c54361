"""What the HTTP front asks of the records: plain data, as `runner.front.port`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records are asked for; all without anything.

    Attributes:
        since, until: seconds since 1970, of their beginning; `until` is not in it.
        words: all must be found.
        cursor: goes on after an answer.
    """

    agent: str | None = None
    since: float | None = None
    until: float | None = None
    words: str | None = None
    outcome: str | None = None
    kind: str | None = None
    cursor: str | None = None


class RecordBook(Protocol):
    """What is kept of sessions and callers. Each raises `DialogueError`.

    Its codes: `unknown_record` (404), `records_unavailable` (503), `bad_request` (400).
    """

    async def page(self, wanted: RecordFilter) -> dict[str, Any]:
        """The newest, as `runner.front.models.records.RecordPage` has it."""
        ...

    async def one(self, name: str) -> dict[str, Any]:
        """All that is known of one."""
        ...

    async def drop(self, name: str) -> None:
        """Delete one, with its sound."""
        ...

    async def audio(self, name: str) -> Path:
        """The file with the sound of one."""
        ...

    async def table(self, wanted: RecordFilter) -> AsyncIterator[str]:
        """The lines of a CSV file, some at once."""
        ...

    async def figures(
        self, agent: str | None, since: float | None, kind: str | None
    ) -> dict[str, Any]:
        """What sessions add up to."""
        ...

    async def memory(self, who: str) -> dict[str, Any]:
        """What is remembered of a caller."""
        ...

    async def forget(self, who: str) -> None:
        """Forget a caller."""
        ...

    async def context(self, who: str) -> dict[str, Any]:
        """What is kept of a caller: `memory`, and their last `calls`."""
        ...

    async def interaction(self, agent: str, about: dict[str, Any]) -> str:
        """Keep an interaction that took place elsewhere; gives its id."""
        ...
