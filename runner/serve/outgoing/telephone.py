"""Dialling by LiveKit: a participant of kind SIP is created in a room, and rings somewhere.

Follows https://docs.livekit.io/sip/outbound-calls/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from runner.serve.outgoing.outcome import Dialled
from runner.serve.outgoing.reasons import by_sip_status, by_twirp, dialled

if TYPE_CHECKING:
    from livekit import api

    from runner.serve.credentials import LiveKit

_SLACK: Final = 5.0
"""Seconds beyond `ring_for` in which LiveKit says what came of it."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """What is dialled: all of it has been looked at.

    Attributes:
        number: as the whole world dials it.
        room: where who answers will be.
        identity: of who answers, in that room.
        trunk: by which it goes out.
        caller_id: the number that they see; the trunk's own without it.
        seconds: so long it rings.
        keys: pressed once it is answered, such as an extension.
        headers: SIP headers that go with it.
    """

    number: str
    room: str
    identity: str
    trunk: str
    caller_id: str | None = None
    seconds: float = 30.0
    keys: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Telephone(Protocol):
    """Who can dial."""

    async def dial(self, wish: Ringing) -> Dialled:
        """Ring, and return when somebody has answered or nobody will."""
        ...


class LiveKitTelephone:
    """LiveKit's SIP service."""

    def __init__(self, livekit: LiveKit) -> None:
        self._livekit = livekit

    async def dial(self, wish: Ringing) -> Dialled:
        """Ring, and return when somebody has answered or nobody will."""
        import aiohttp
        from livekit import api

        livekit = self._livekit
        total = aiohttp.ClientTimeout(total=wish.seconds + _SLACK)
        try:
            async with api.LiveKitAPI(
                livekit.url, livekit.api_key, livekit.api_secret.reveal(), timeout=total
            ) as server:
                await server.sip.create_sip_participant(
                    _request(wish), timeout=wish.seconds + _SLACK
                )
        except api.SipCallError as error:
            status = error.sip_status_code
            if status is None:
                return by_twirp(error.code, error.message)
            return by_sip_status(status, error.sip_status or "")
        except api.TwirpError as error:
            return by_twirp(error.code, error.message)
        except TimeoutError:
            return dialled("no_answer")
        except (aiohttp.ClientError, OSError) as error:
            return dialled("no_livekit", str(error))
        return Dialled("answered")


def _request(wish: Ringing) -> api.CreateSIPParticipantRequest:
    from google.protobuf.duration_pb2 import Duration
    from livekit import api

    return api.CreateSIPParticipantRequest(
        sip_trunk_id=wish.trunk,
        sip_call_to=wish.number,
        sip_number=wish.caller_id or "",
        room_name=wish.room,
        participant_identity=wish.identity,
        participant_name=wish.number,
        dtmf=wish.keys,
        headers=wish.headers,
        ringing_timeout=Duration(seconds=max(1, round(wish.seconds))),
        wait_until_answered=True,
    )
