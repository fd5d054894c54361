"""Nobody has joined: the fallback takes the call, or an apology is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.serve.external import apology
from runner.serve.external.apologies import in_language
from runner.serve.external.room import TROUBLES

if TYPE_CHECKING:
    from livekit.protocol import agent as wire

    from runner.serve.external.room import RoomService
    from runner.serve.log import Log


class StandIn:
    """Has calls taken that no program has come for."""

    def __init__(self, rooms: RoomService, log: Log) -> None:
        self._rooms, self._log = rooms, log

    async def take(
        self, about: wire.Job, name: str, fallback: str | None, language: str, error: str
    ) -> str:
        """Have a call taken.

        Args:
            about: LiveKit's job.
            name: the external agent.
            fallback: the agent that takes its place.
            language: in which an apology is said.
            error: why it has not come, for the log.

        Returns:
            What was done: `fallback` or `apology`.
        """
        room = about.room.name
        if fallback is not None and await self._called(about, name, fallback, error):
            return "fallback"
        words = f"{name}: nobody takes the call in room {room}, an apology is said: {error}"
        self._log.event(
            "external_apology", words, level="error", agent=name, room=room, error=error
        )
        await apology.say(self._rooms, room, in_language(language))
        return "apology"

    async def _called(self, about: wire.Job, name: str, fallback: str, error: str) -> bool:
        room = about.room.name
        words = f"{name}: {fallback} takes the call in room {room}: {error}"
        self._log.event(
            "external_fallback", words, level="warning", agent=name, room=room,
            fallback=fallback, error=error,
        )  # fmt: skip
        try:
            await self._rooms.call(fallback, room, about.metadata)
        except TROUBLES as trouble:
            why = getattr(trouble, "message", "") or "LiveKit does not answer"
            words = f"{name}: {fallback} could not be called into room {room}: {why}"
            self._log.event(
                "external_fallback_failed", words, level="error", agent=name, room=room, error=why
            )
            return False
        return True
