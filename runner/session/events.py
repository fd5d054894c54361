"""What happens in a call, told as it happens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

log = logging.getLogger("lkrun")

Event = dict[str, Any]


class Events:
    """Numbers and hands on the events of a call.

    Attributes:
        turn: the number of the caller's last turn; 0 until the caller has said something.
        latest: the events of the current turn.
    """

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        """Take who is told."""
        self._on_event = on_event
        self.turn = 0
        self.latest: list[Event] = []

    def begin(self) -> list[Event]:
        """Begin the next turn.

        Returns:
            The list that its events will be in.
        """
        self.turn += 1
        self.latest = []
        return self.latest

    def tell(self, kind: str, persona: str, **rest: Any) -> None:
        """Tell one event. What its receiver raises is logged, and harms nobody."""
        event: Event = {"turn": self.turn, "type": kind, "persona": persona, **rest}
        self.latest.append(event)
        try:
            self._on_event(event)
        except Exception as error:  # noqa: BLE001 - a receiver's bug must not end a call
            log.error("an event could not be handed on: %s", type(error).__name__)  # noqa: TRY400 - no traceback may reach an author
