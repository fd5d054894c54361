"""A stand-in of LiveKit's SIP service, in front of a real server.

It answers `CreateSIPParticipant` and `TransferSIPParticipant` itself, as
https://docs.livekit.io/reference/telephony/sip-api/ has them, and hands all else through. Who is
called joins the room as a participant of kind SIP, and does what a test has written for its number.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Self

import aiohttp
import numpy as np
from aiohttp import WSMsgType, web
from livekit import api
from support.live.callers import Caller
from support.live.rtcserver import KEY, SECRET, LiveKitServer, free_port
from support.live.sound import RATE, Samples, speech

_SIP: Final = "/twirp/livekit.SIP/"
_HOP: Final = frozenset({"host", "connection", "transfer-encoding", "content-length", "upgrade"})
_BEEP: Final = 0.4


class Phone(Caller):
    """A telephone that is rung: what is done on it after it was picked up is a test's script."""

    request: api.CreateSIPParticipantRequest
    picked_up: float

    async def speaks(self, *texts: str | float) -> None:
        """Say something, or be silent for so many seconds of sound; returns when it is said."""
        for each in texts:
            await self._play(speech(each) if isinstance(each, str) else _silence(each))

    async def beeps(self) -> None:
        """Beep, as a mailbox does before it records."""
        at = np.arange(int(RATE * _BEEP)) / RATE
        await self._play((np.sin(2 * np.pi * 1000 * at) * 12_000).astype(np.int16))

    async def presses(self, keys: str) -> None:
        """Press keys."""
        codes = "0123456789*#"
        for key in keys:
            await self.client.local_participant.publish_dtmf(code=codes.index(key), digit=key)

    async def hangs_up(self) -> None:
        """Hang up."""
        await self.client.disconnect()

    async def _play(self, samples: Samples) -> None:
        self._words.put_nowait(samples)
        await asyncio.sleep(len(samples) / RATE)  # so long the sound is


Script = Callable[[Phone], Awaitable[None]]


async def _silent(_: Phone) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Line:
    """What happens when a number is rung.

    Attributes:
        script: what is done once it is picked up.
        rings: seconds before that, or before it is refused.
        sip: the status with which the network refuses, and its phrase; None: it is picked up.
        never: nobody picks up, and nobody refuses: it rings as long as it may.
        leaves: its line leaves the room instead, and LiveKit says nothing of it.
        code: Twirp's, of a refusal.
    """

    script: Script = _silent
    rings: float = 0.05
    sip: tuple[int, str] | None = None
    never: bool = False
    leaves: bool = False
    code: str = "unavailable"


@dataclass
class RefusedError(Exception):
    """A request is refused as Twirp has it."""

    code: str
    message: str
    meta: dict[str, str] = field(default_factory=dict)
    status: int = 503

    def response(self) -> web.Response:
        """The same on the wire."""
        body = {"code": self.code, "msg": self.message, "meta": self.meta}
        return web.json_response(body, status=self.status)


class SipService:
    """The server with a SIP service.

    Attributes:
        lines: number → what happens there; others do not exist (SIP status 404).
        trunks: those that there are.
        dials: what was asked for, in order.
        phones: who was rung, in order.
        transfers: likewise of calls that were handed on.
        refuses_transfer: the SIP status with which a transfer fails.
    """

    def __init__(self, server: LiveKitServer) -> None:
        self.server, self.port = server, 0
        self.lines: dict[str, Line] = {}
        self.trunks = {"ST_out"}
        self.dials: list[api.CreateSIPParticipantRequest] = []
        self.phones: list[Phone] = []
        self.transfers: list[api.TransferSIPParticipantRequest] = []
        self.refuses_transfer: tuple[int, str] | None = None
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def env(self) -> dict[str, str]:
        """The standard environment variables."""
        return {**self.server.env, "LIVEKIT_URL": f"ws://127.0.0.1:{self.port}"}

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        self.port = free_port(socket.SOCK_STREAM)
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await self._site.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        # a runner that connects again while aiohttp ends would have a connection nobody closes
        await self._site.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for phone in self.phones:
            with contextlib.suppress(Exception):
                await phone.leave()
        await self._http.close()
        await self._runner.cleanup()

    async def rung(self, times: int = 1, within: float = 20.0) -> Phone:
        """Wait until so many telephones have been rung; gives the last of them."""
        async with asyncio.timeout(within):
            while len(self.phones) < times:
                self._news.clear()
                await self._news.wait()
        return self.phones[times - 1]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith(_SIP):
            handler = {
                "CreateSIPParticipant": self._create,
                "TransferSIPParticipant": self._transfer,
            }.get(request.path.removeprefix(_SIP))
            if handler is not None:
                try:
                    reply = await handler(await request.read())
                except RefusedError as refused:
                    return refused.response()
                body = reply.SerializeToString()
                return web.Response(body=body, content_type="application/protobuf")
        if request.headers.get("Upgrade", "").casefold() == "websocket":
            return await self._bridged(request)
        return await self._passed(request)

    async def _create(self, body: bytes) -> Any:
        asked = api.CreateSIPParticipantRequest.FromString(body)
        self.dials.append(asked)
        if asked.sip_trunk_id not in self.trunks:
            raise RefusedError(
                "not_found", f"sip trunk not found: {asked.sip_trunk_id}", status=404
            )
        phone = await self._join(asked)
        line = self.lines.get(asked.sip_call_to, Line(sip=(404, "Not Found"), code="not_found"))
        ringing = asyncio.ensure_future(self._ring(phone, line))
        try:
            if asked.wait_until_answered:
                await ringing
            else:
                self._hold(ringing)
        except asyncio.CancelledError:
            ringing.cancel()
            await phone.leave()
            raise
        return api.SIPParticipantInfo(
            participant_id=phone.client.local_participant.sid,
            participant_identity=asked.participant_identity,
            room_name=asked.room_name,
            sip_call_id=f"SCL_{secrets.token_hex(6)}",
        )

    async def _ring(self, phone: Phone, line: Line) -> None:
        own = phone.client.local_participant
        await own.set_attributes({"sip.callStatus": "ringing"})
        longest = phone.request.ringing_timeout.seconds or 30
        gone = asyncio.ensure_future(phone.until(lambda: phone.gone, "the end of the room", 100))
        try:
            seconds = longest if line.never else min(line.rings, longest)
            done, _ = await asyncio.wait([gone], timeout=seconds)
        finally:
            gone.cancel()
        if done:
            raise RefusedError("canceled", "the room is closed", status=408)
        if line.never or line.rings > longest:
            await self._refuse(phone, "deadline_exceeded", (408, "Request Timeout"))
        if line.leaves:
            await phone.leave()
            await asyncio.Event().wait()  # until who asked gives it up
        if line.sip is not None:
            await self._refuse(phone, line.code, line.sip)
        await own.set_attributes({"sip.callStatus": "active"})
        phone.picked_up = asyncio.get_running_loop().time()
        self._hold(asyncio.ensure_future(line.script(phone)))

    async def _refuse(self, phone: Phone, code: str, sip: tuple[int, str]) -> None:
        await phone.leave()
        meta = {"sip_status_code": str(sip[0]), "sip_status": sip[1]}
        raise RefusedError(code, f"sip status: {sip[0]}: {sip[1]}", meta)

    async def _join(self, asked: api.CreateSIPParticipantRequest) -> Phone:
        phone = Phone(self.server, asked.room_name, asked.participant_identity)
        phone.request = asked
        token = (
            api.AccessToken(KEY, SECRET)
            .with_identity(asked.participant_identity)
            .with_name(asked.participant_name)
            .with_kind("sip")
            .with_ttl(timedelta(minutes=10))
            .with_grants(
                api.VideoGrants(room_join=True, room=asked.room_name, can_update_own_metadata=True)
            )
            .with_attributes(
                {
                    **dict(asked.participant_attributes),
                    "sip.callStatus": "dialing",
                    "sip.phoneNumber": asked.sip_call_to,
                    "sip.trunkPhoneNumber": asked.sip_number,
                    "sip.trunkID": asked.sip_trunk_id,
                    "sip.callID": f"SCL_{secrets.token_hex(6)}",
                }
            )
        )
        await phone.join(token.to_jwt())
        await phone.speak_up()
        self.phones.append(phone)
        self._news.set()
        return phone

    async def _transfer(self, body: bytes) -> Any:
        asked = api.TransferSIPParticipantRequest.FromString(body)
        self.transfers.append(asked)
        if self.refuses_transfer is not None:
            status, phrase = self.refuses_transfer
            meta = {"sip_status_code": str(status), "sip_status": phrase}
            raise RefusedError("unavailable", f"transfer failed: {phrase}", meta)
        for phone in self.phones:
            if phone.identity == asked.participant_identity:
                self._hold(asyncio.ensure_future(phone.leave()))
        return api.TransferSIPParticipantResponse()

    def _hold(self, task: asyncio.Future[Any]) -> None:
        made: Any = task
        self._tasks.add(made)
        made.add_done_callback(self._tasks.discard)

    # all else

    async def _passed(self, request: web.Request) -> web.Response:
        url = f"http://127.0.0.1:{self.server.port}{request.path_qs}"
        headers = {n: v for n, v in request.headers.items() if n.casefold() not in _HOP}
        async with self._http.request(
            request.method, url, headers=headers, data=await request.read()
        ) as reply:
            kept = {n: v for n, v in reply.headers.items() if n.casefold() not in _HOP}
            return web.Response(body=await reply.read(), status=reply.status, headers=kept)

    async def _bridged(self, request: web.Request) -> web.WebSocketResponse:
        near = web.WebSocketResponse(max_msg_size=0)
        url = f"http://127.0.0.1:{self.server.port}{request.path_qs}"
        headers = {
            n: v
            for n, v in request.headers.items()
            if n.casefold() not in _HOP and not n.casefold().startswith("sec-websocket")
        }
        async with self._http.ws_connect(url, headers=headers, max_msg_size=0) as far:
            await near.prepare(request)
            ways = [asyncio.ensure_future(_pour(*ends)) for ends in ((near, far), (far, near))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                await near.close()
        return near


async def _pour(source: Any, target: Any) -> None:
    async for message in source:
        if message.type == WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await target.send_bytes(message.data)


def _silence(seconds: float) -> Samples:
    return np.zeros(int(RATE * seconds), np.int16)
