"""Rooms in which agents call people: made, with the agent, and closed again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError
from runner.serve.dispatches import ORDER

if TYPE_CHECKING:
    from runner.serve.credentials import LiveKit
    from runner.serve.outgoing.outcome import OutgoingCall

_BUDGET: Final = 10.0
"""Seconds that LiveKit may take for what is asked of it."""

_ALONE: Final = 120
"""Seconds for which LiveKit keeps a room that nobody is in: it rings longer than usual there."""


class Places:
    """Makes and closes them at LiveKit.

    Args:
        livekit: the server.
    """

    def __init__(self, livekit: LiveKit) -> None:
        self._livekit = livekit
        self._owner = secrets.token_hex(8)

    def order_in(self, mark: str) -> str | None:
        """The id of an order of this runner in the mark of a dispatch; None: another runner's."""
        owner, _, order = mark.partition(" ")
        return order if owner == self._owner else None

    async def call_in(self, call: OutgoingCall) -> None:
        """Make the room of a call, and have its agent come there.

        Raises:
            DialogueError: LiveKit does not do it.
        """
        import aiohttp
        from livekit import api

        agent, room = call.order.agent, f"{call.order.agent}-{call.id}"
        dispatch = api.CreateAgentDispatchRequest(
            agent_name=agent,
            room=room,
            metadata=as_metadata(call.order.metadata),
            attributes={ORDER: f"{self._owner} {call.id}"},
        )
        livekit = self._livekit
        try:
            async with (
                asyncio.timeout(_BUDGET),
                api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret.reveal()) as server,
            ):
                wanted = api.CreateRoomRequest(name=room, empty_timeout=_ALONE)
                await server.room.create_room(wanted)
                await server.agent_dispatch.create_dispatch(dispatch)
        except (api.TwirpError, aiohttp.ClientError, OSError, TimeoutError) as error:
            why = error.message if isinstance(error, api.TwirpError) else "it does not answer"
            words = f"LiveKit could not do it: {why}"
            raise DialogueError("livekit_failed", words, "try again") from None

    async def close(self, call: OutgoingCall) -> None:
        """Close the room of a call that came to nothing."""
        await self.close_room(f"{call.order.agent}-{call.id}")

    async def close_room(self, room: str) -> None:
        """Close a room; who is in it, or being rung for it, is out."""
        import aiohttp
        from livekit import api

        livekit = self._livekit
        with contextlib.suppress(api.TwirpError, aiohttp.ClientError, OSError, TimeoutError):
            async with (
                asyncio.timeout(_BUDGET),
                api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret.reveal()) as server,
            ):
                await server.room.delete_room(api.DeleteRoomRequest(room=room))


def as_metadata(data: Any) -> str:
    """What an agent is given, as LiveKit carries it."""
    if data is None:
        return ""
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
