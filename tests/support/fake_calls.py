"""Plays the calls that agents make."""

from __future__ import annotations

from typing import Any

from runner.front.calls_port import Order
from runner.front.port import DialogueError


class FakeCalls:
    """Takes orders, and knows of one call; what it answers can be set from outside."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.refuses: DialogueError | None = None

    async def begin(self, order: Order) -> dict[str, Any]:
        if self.refuses is not None:
            raise self.refuses
        self.orders.append(order)
        return self._data(order.agent, order.to)

    async def call(self, call_id: str) -> dict[str, Any]:
        if call_id not in ("call_1", "s-1"):
            raise DialogueError("unknown_call", "there is no such call that an agent makes")
        return self._data("desk", "+842412345678")

    def _data(self, agent: str, to: str | None) -> dict[str, Any]:
        return {
            "id": "call_1",
            "agent": agent,
            "to": to,
            "state": "queued",
            "answered_by": None,
            "reason": None,
            "message": None,
            "sip_status": None,
            "session_id": None,
            "began": "2026-03-02T08:15:00Z",
            "ended": None,
        }
