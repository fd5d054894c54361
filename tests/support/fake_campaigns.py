"""Campaigns as the front asks for them, without a database."""

from __future__ import annotations

from typing import Any

from runner.front.port import DialogueError


class FakeCampaigns:
    """Knows one campaign, which does what it is told."""

    def __init__(self) -> None:
        self.state = "running"
        self.refuses: DialogueError | None = None

    async def listed(self) -> list[dict[str, Any]]:
        if self.refuses is not None:
            raise self.refuses
        return [self._row()]

    async def one(self, name: str, cursor: int, most: int) -> dict[str, Any]:
        self._known(name)
        attempt = {
            "attempt": 1, "began": "2026-03-02T08:15:00.000Z", "ended": "2026-03-02T08:16:00.000Z",
            "outcome": "answered", "answered_by": "person", "session_id": "s_1", "message": None,
        }  # fmt: skip
        contact = {
            "line": 2, "phone": "+842412345678", "timezone": None, "state": "done",
            "outcome": "answered", "columns": {"phone": "+842412345678"}, "attempts": [attempt],
        }  # fmt: skip
        return {**self._row(), "attempts": [contact][:most] * (cursor < 2), "cursor": None}

    async def results(self, name: str) -> str:
        self._known(name)
        return "line,phone\r\n2,+842412345678\r\n"

    async def start(self, name: str) -> dict[str, Any]:
        return self._set(name, "running")

    async def pause(self, name: str) -> dict[str, Any]:
        return self._set(name, "paused")

    async def stop(self, name: str) -> dict[str, Any]:
        return self._set(name, "stopped")

    def _known(self, name: str) -> None:
        if name != "clinic":
            raise DialogueError("unknown_campaign", f"there is no campaign '{name}'")

    def _set(self, name: str, state: str) -> dict[str, Any]:
        self._known(name)
        self.state = state
        return self._row()

    def _row(self) -> dict[str, Any]:
        return {
            "name": "clinic", "agent": "desk", "state": self.state, "reason": None, "round": 1,
            "started": None, "changed": None, "contacts": 1, "waiting": 0, "calling": 0, "done": 1,
            "outcomes": {"answered": 1},
        }  # fmt: skip
