"""Records of one call, canned; what is asked of them is kept."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from runner.front.port import DialogueError
from runner.front.records_port import RecordFilter

SUMMARY: dict[str, Any] = {
    "id": "s-1", "kind": "call", "agent": "clinic", "persona": "booking", "release": "r-1",
    "room": "clinic-0a1b", "caller": "Mai", "started": "2026-03-02T08:20:00.000Z",
    "ended": "2026-03-02T08:21:00.000Z", "duration": 60.0, "turns": 1, "outcome": "end_call",
    "labels": {}, "summary": "", "extract": {}, "verdicts": {},
    "usage": {"input_tokens": 1, "output_tokens": 2}, "audio": True,
}  # fmt: skip

DETAIL: dict[str, Any] = SUMMARY | {
    "transcript": [{"role": "user", "persona": "booking", "text": "<b>Hello</b>"}],
    "tool_calls": [], "handoffs": [], "events": [], "variables": {}, "reasons": {},
    "latency": [{"turn": 1, "ms": {"turn": 800}}],
}  # fmt: skip

MEMORY: dict[str, Any] = {"calls": 1, "last": "2026-03-02T08:21:00.000Z", "summary": "",
                          "variables": {"name": "Mai"}}  # fmt: skip

_NONE: dict[str, Any] = {"p50": None, "p95": None}

TOTALS: dict[str, Any] = {
    "calls": 1, "minutes": 1.0, "ended": {"end_call": 1}, "tokens": {"input": 1, "output": 2},
    "latency_ms": {"stt": _NONE, "llm": _NONE, "tts": _NONE, "turn": {"p50": 8, "p95": 9}},
    "tools": {"look": {"ok": 1, "failed": 0}},
    "hours": [{"hour": "2026-03-02T08:00:00Z", "calls": 1}],
}  # fmt: skip


class FakeRecords:
    """Plays the records.

    Attributes:
        asked: the filters it was asked for.
        refuses: what it answers all with.
    """

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refuses: DialogueError | None = None
        self.rows = [SUMMARY]
        self.details = {"s-1": DETAIL}
        self.cursors: list[str | None] = []
        self.dropped: list[str] = []
        self.totals = dict(TOTALS)
        self.sound = Path(tempfile.gettempdir()) / "lk-fake-sound.ogg"
        self.sound.write_bytes(b"OggS")

    def _known(self, name: str, code: str = "unknown_record") -> None:
        if self.refuses is not None:
            raise self.refuses
        if name == "none":
            raise DialogueError(code, "there is no such thing")

    async def page(self, wanted: RecordFilter) -> dict[str, Any]:
        self._known("")
        self.asked.append(wanted)
        rows = [each for each in self.rows if wanted.agent in (None, each["agent"])]
        return {"records": rows, "cursor": self.cursors.pop(0) if self.cursors else None}

    async def one(self, name: str) -> dict[str, Any]:
        self._known(name)
        if name not in self.details:
            raise DialogueError("unknown_record", "there is no such record")
        return self.details[name]

    async def drop(self, name: str) -> None:
        self._known(name)
        self.dropped.append(name)

    async def audio(self, name: str) -> Path:
        self._known(name)
        return self.sound

    async def table(self, wanted: RecordFilter) -> AsyncIterator[str]:
        self._known("")
        self.asked.append(wanted)

        async def lines() -> AsyncIterator[str]:
            yield "id\r\n"
            yield "s-1\r\n"

        return lines()

    async def figures(
        self, agent: str | None, since: float | None, kind: str | None
    ) -> dict[str, Any]:
        self._known("")
        self.asked.append((agent, since, kind))
        return self.totals

    async def memory(self, who: str) -> dict[str, Any]:
        self._known(who, "unknown_caller")
        return MEMORY | {"who": who, "agents": {"clinic": MEMORY}}

    async def forget(self, who: str) -> None:
        self._known(who, "unknown_caller")

    async def context(self, who: str) -> dict[str, Any]:
        return {"memory": await self.memory(who), "calls": [SUMMARY]}

    async def interaction(self, agent: str, about: dict[str, Any]) -> str:
        self._known("")
        self.asked.append((agent, about))
        return "interaction_1"
