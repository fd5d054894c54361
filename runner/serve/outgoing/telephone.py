"""Dialling by LiveKit: a participant of kind SIP is created in a room, and rings somewhere.

Follows https://docs.livekit.io/sip/outbound-calls/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from runner.serve.outgoing.outcome import Dialled
from runner.serve.outgoing.reasons import by_sip_status, by_twirp, dialled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from google.protobuf.duration_pb2 import Duration
    from livekit import api
    from livekit.api.sip_service import SipService

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


@dataclass(frozen=True, slots=True)
class PassingOn:
    """Whom a caller is passed on to: all of it has been looked at.

    Attributes:
        to: a number as the whole world dials it, or a SIP address.
        room: where the caller is.
        identity: theirs, in that room.
        seconds: so long it rings.
        headers: SIP headers that go with it.
    """

    to: str
    room: str
    identity: str
    seconds: float = 30.0
    headers: dict[str, str] = field(default_factory=dict)


class Telephone(Protocol):
    """Who can dial."""

    async def pass_on(self, wish: PassingOn) -> Dialled:
        """Pass a caller on, and return when somebody has taken them or nobody will."""
        ...

    async def dial(self, wish: Ringing) -> Dialled:
        """Ring, and return when somebody has answered or nobody will."""
        ...


class LiveKitTelephone:
    """LiveKit's SIP service."""

    def __init__(self, livekit: LiveKit) -> None:
        self._livekit = livekit

    async def dial(self, wish: Ringing) -> Dialled:
        """Ring, and return when somebody has answered or nobody will."""
        longest = wish.seconds + _SLACK

        async def ring(sip: SipService) -> Dialled:
            await sip.create_sip_participant(_request(wish), timeout=longest)
            return Dialled("answered")

        return await self._done(ring, longest)

    async def pass_on(self, wish: PassingOn) -> Dialled:
        """Pass a caller on, and return when somebody has taken them or nobody will.

        Follows https://docs.livekit.io/sip/transfer-cold/.
        """
        longest = wish.seconds + _SLACK

        async def hand_on(sip: SipService) -> Dialled:
            done = await sip.transfer_sip_participant(_transfer(wish), timeout=longest)
            return _transferred(done)

        return await self._done(hand_on, longest)

    async def _done(
        self, work: Callable[[SipService], Awaitable[Dialled]], longest: float
    ) -> Dialled:
        import aiohttp
        from livekit import api

        livekit = self._livekit
        total = aiohttp.ClientTimeout(total=longest)
        try:
            async with api.LiveKitAPI(
                livekit.url, livekit.api_key, livekit.api_secret.reveal(), timeout=total
            ) as server:
                return await work(server.sip)
        except api.SipCallError as error:
            return _refused(error)
        except api.TwirpError as error:
            return by_twirp(error.code, error.message)
        except TimeoutError:
            return dialled("no_answer")
        except (aiohttp.ClientError, OSError) as error:
            return dialled("no_livekit", str(error))


def _refused(error: api.SipCallError) -> Dialled:
    status = error.sip_status_code
    if status is not None:
        return by_sip_status(status, error.sip_status or "")
    reason = _REASONS.get(error.sip_transfer_reason or "")
    return dialled(reason) if reason is not None else by_twirp(error.code, error.message)


_REASONS: Final = {
    "STR_RINGING_TIMEOUT": "no_answer",
    "STR_REJECTED": "refused",
    "STR_CALL_ENDED": "hung_up",
    "STR_CANCELED": "cancelled",
}
"""Why LiveKit says that a caller was not passed on, where no SIP status says more."""


def _transferred(done: api.TransferSIPParticipantResponse) -> Dialled:
    """What LiveKit's answer means; servers that say nothing in it have passed the caller on."""
    from livekit.protocol import sip

    if done.status != sip.SIPTransferStatus.STS_TRANSFER_FAILED:
        return Dialled("answered")
    if done.sip_status.code:
        return by_sip_status(int(done.sip_status.code), done.sip_status.status)
    name = sip.SIPTransferReason.Name(done.reason)
    return dialled(_REASONS.get(name, "network_failed"))


def _transfer(wish: PassingOn) -> api.TransferSIPParticipantRequest:
    from livekit import api

    return api.TransferSIPParticipantRequest(
        room_name=wish.room,
        participant_identity=wish.identity,
        transfer_to=wish.to if wish.to.casefold().startswith("sip") else f"tel:{wish.to}",
        headers=wish.headers,
        ringing_timeout=_seconds(wish.seconds),
    )


def _seconds(seconds: float) -> Duration:
    from google.protobuf.duration_pb2 import Duration

    return Duration(seconds=max(1, round(seconds)))


def _request(wish: Ringing) -> api.CreateSIPParticipantRequest:
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
        ringing_timeout=_seconds(wish.seconds),
        wait_until_answered=True,
    )
