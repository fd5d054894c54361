"""An external agent of lkrun in Python: it answers a caller's voice by a voice of its own.

It verifies each request, says yes, joins the room, plays a chime whenever the caller has spoken,
leaves with the caller, and reports how it went. Put your own speech and model where the chime is.
"""

from __future__ import annotations

import array
import asyncio
import logging
import math
import os

from aiohttp import ClientSession, web
from livekit import rtc
from standardwebhooks import Webhook, WebhookVerificationError

RATE = 48_000
LOUD = 500
QUIET_FRAMES = 30
MOST_JOBS = 50
"""Samples a second; what counts as speech; frames of 10 ms of silence that end it; jobs at once."""

log = logging.getLogger("concierge")


class Concierge:
    """Takes jobs, each once, and as many as it can."""

    def __init__(self, secret: str) -> None:
        self.webhook = Webhook(secret)
        self.calls: dict[str, asyncio.Task[None]] = {}
        self.seen: dict[str, None] = {}

    async def receive(self, request: web.Request) -> web.Response:
        """What lkrun posts: verified by the bytes as they came."""
        body = await request.read()
        try:
            message = self.webhook.verify(body, dict(request.headers))
        except WebhookVerificationError as error:
            log.warning("refused a request: %s", error)
            return web.json_response({"error": "the signature does not fit"}, status=401)
        job = message["job_id"]
        if message["type"] == "agent.job.cancelled":
            if job in self.calls:
                self.calls[job].cancel()
            return web.Response(status=204)
        if message["type"] != "agent.job.requested":
            log.info("%s: %s %s", job, message["type"], message.get("status", ""))
            return web.Response(status=204)
        return self.take(job, request.headers["webhook-id"], message)

    def take(self, job: str, webhook_id: str, message: dict) -> web.Response:
        """Say yes at once, and join beside: the answer must not wait for the room."""
        if webhook_id not in self.seen or job not in self.calls:
            if len(self.calls) >= MOST_JOBS:
                return web.json_response({"accepted": False, "error": "all lines are busy"})
            self.seen[webhook_id] = None
            task = asyncio.create_task(self.call(message))
            self.calls[job] = task
            task.add_done_callback(lambda _: self.calls.pop(job, None))
        return web.json_response({"accepted": True, "participant_name": "Concierge"})

    async def call(self, message: dict) -> None:
        """One call, from the room's door to its end; how it went is told."""
        try:
            await talk(message["server_url"], message["access_token"])
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("a call failed")
            await report(message, {"status": "failed", "error": type(error).__name__})
        else:
            await report(message, {"status": "success"})

    async def close(self, _: web.Application) -> None:
        """End the calls that are on."""
        for task in list(self.calls.values()):
            task.cancel()
        await asyncio.gather(*self.calls.values(), return_exceptions=True)


async def talk(url: str, token: str) -> None:
    """Join, listen, answer, and leave when the last caller has."""
    room, alone = rtc.Room(), asyncio.Event()
    listening: set[asyncio.Task[None]] = set()
    source = rtc.AudioSource(RATE, 1)

    def heard(track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            listening.add(asyncio.create_task(answer(track, source)))

    def left(*_: object) -> None:
        if not room.remote_participants:
            alone.set()

    room.on("track_subscribed", heard)
    room.on("participant_disconnected", left)
    room.on("disconnected", lambda *_: alone.set())
    await room.connect(url, token)
    try:
        track = rtc.LocalAudioTrack.create_audio_track("voice", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        published = await room.local_participant.publish_track(track, options)
        await asyncio.wait_for(published.wait_for_subscription(), 10)
        await chime(source, 660)
        await alone.wait()
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await room.disconnect()
        await source.aclose()


async def answer(track: rtc.Track, source: rtc.AudioSource) -> None:
    """Whenever the caller has said something and is quiet again, answer."""
    stream = rtc.AudioStream(track, sample_rate=16_000, num_channels=1, frame_size_ms=10)
    spoke, quiet = False, 0
    try:
        async for event in stream:
            samples = array.array("h", bytes(event.frame.data))
            loud = max(map(abs, samples), default=0) > LOUD
            quiet = 0 if loud else quiet + 1
            spoke = spoke or loud
            if spoke and quiet >= QUIET_FRAMES:
                spoke = False
                await chime(source, 880)
    finally:
        await stream.aclose()


async def chime(source: rtc.AudioSource, pitch: float, seconds: float = 0.4) -> None:
    """Play a tone: the voice of this example."""
    count = RATE // 100
    for begin in range(0, int(RATE * seconds), count):
        wave = (math.sin(2 * math.pi * pitch * n / RATE) for n in range(begin, begin + count))
        samples = array.array("h", (int(9000 * value) for value in wave))
        await source.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, count))


async def report(message: dict, status: dict) -> None:
    """Tell lkrun how the job goes; a call does not fail because that could not be told."""
    bearer = {"Authorization": f"Bearer {message['status_token']}"}
    try:
        async with (
            ClientSession() as session,
            session.post(message["status_url"], json=status, headers=bearer) as reply,
        ):
            log.info("%s: %s told, %s", message["job_id"], status["status"], reply.status)
    except OSError as error:
        log.warning("%s: the status could not be told: %s", message["job_id"], error)


def application() -> web.Application:
    """The routes: jobs, and whether the program works."""
    concierge = Concierge(os.environ["CONCIERGE_SECRET"])

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application(client_max_size=64 * 1024)
    app.router.add_post("/livekit", concierge.receive)
    app.router.add_get("/health", health)
    app.on_shutdown.append(concierge.close)
    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    host = os.environ.get("HOST", "127.0.0.1")
    web.run_app(application(), host=host, port=int(os.environ.get("PORT", "8100")))
