"""Speech recognition that is a service: a file goes out, a text comes back."""

from __future__ import annotations

import asyncio
import io
import json
import wave

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError, stt
from livekit.agents.types import APIConnectOptions
from support.stub_service import ok

ONCE = APIConnectOptions(max_retry=0, timeout=2.0)
SPOKEN = rtc.AudioFrame(b"\1\0" * 16_000, 16_000, 1, 16_000)


@pytest.fixture
def ears(provided, stub):
    """The recognition of the server of the test."""
    return lambda more="": provided("stt", f"url: {stub.url}/transcribe\n{more}")


async def recognised(ears, options=ONCE) -> stt.SpeechData:
    event = await ears.recognize([SPOKEN], conn_options=options)
    assert event.type is stt.SpeechEventType.FINAL_TRANSCRIPT
    (alternative,) = event.alternatives
    return alternative


def part(request: bytes, name: str) -> bytes:
    """What stands in a field of the form that was sent."""
    head, _, body = request.partition(b"\r\n\r\n")
    boundary = head.partition(b"boundary=")[2].partition(b"\r\n")[0].strip(b'"')
    for each in body.split(b"--" + boundary):
        if f'name="{name}"'.encode() in each:
            return each.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
    raise AssertionError(f"no field {name}")


@pytest.mark.proves(
    "HttpSttProvider.with", "HttpRecognition.send", "HttpRecognition.body", "RecordedForm.form"
)
async def test_a_file_of_a_form(ears, stub):
    """Speech is a WAV file in the field `file`, beside the author's fields; `text` comes back."""
    stub.reply = ok(b'{"text": " Hello there. ", "language": "en"}')
    heard = await recognised(
        ears('body:\n  form:\n    model: small\n    language: "{{ language }}"\n')
    )
    assert (heard.text, heard.language) == ("Hello there.", "en")
    (request,) = stub.requests
    assert request.startswith(b"POST /transcribe ")
    assert part(request, "model") == b"small"
    assert part(request, "language") == b"vi-VN"
    assert b'filename="speech.wav"' in request
    with wave.open(io.BytesIO(part(request, "file"))) as file:
        assert (file.getframerate(), file.getnframes(), file.getnchannels()) == (16_000, 16_000, 1)


@pytest.mark.proves("HttpRecognition.field", "HttpRecognition.pick", "HttpRecognition.language")
async def test_another_service(ears, stub):
    """The field, and where text and language stand, are the author's; samples may go out alone."""
    stub.reply = ok(json.dumps({"results": [{"said": "xin chào", "tongue": "vi"}]}).encode())
    heard = await recognised(
        ears("send: pcm_s16le\nfield: audio\npick: results[0].said\nlanguage: results[0].tongue\n")
    )
    assert (heard.text, heard.language) == ("xin chào", "vi")
    assert part(stub.requests[0], "audio") == bytes(SPOKEN.data)


@pytest.mark.parametrize("answer", [ok(b'{"text": ""}'), b"HTTP/1.1 204 No Content\r\n\r\n"])
async def test_nothing_was_said(ears, stub, answer):
    """An empty text is one, and 204 says the same: nothing was said."""
    stub.reply = answer
    heard = await recognised(ears())
    assert (heard.text, heard.language) == ("", "vi-VN")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            ok(b"<html>Sign in</html>", "Content-Type: text/html"),
            r"the answer is no JSON \(text/html\); look at url: below with:",
        ),
        (ok(b"Busy.\n", "Content-Type: text/plain"), r"no JSON \(text/plain\): Busy; look at url:"),
        (ok(b'{"text": "half'), "the answer is no JSON"),
        (ok(b""), "the answer is empty; look at url: below with:"),
        (
            ok(b'{"error": {"message": "no credit"}}'),
            "pick: text finds no text in the answer: no credit; look at url: and pick: below with:",
        ),
        (ok(b'{"words": "hello"}'), "pick: text finds no text in the answer"),
        (ok(b'{"text": {"deep": 1}}'), "pick: text finds no text in the answer"),
        (ok(b"[1, 2]"), "pick: text finds no text in the answer"),
    ],
)
async def test_what_is_no_transcript(ears, stub, answer, words):
    """A page, and an answer without the text, are failures in words, and not tried again."""
    stub.reply = answer
    with pytest.raises(APIError, match=words) as caught:
        await recognised(ears(), APIConnectOptions(max_retry=2, retry_interval=0.01))
    assert not caught.value.retryable


async def test_a_status(ears, stub):
    """A status is LiveKit's APIStatusError; one that may pass is tried again."""
    stub.routes["/transcribe"] = [ok(status="503 Busy"), ok(b'{"text": "yes"}')]
    heard = await recognised(ears(), APIConnectOptions(max_retry=1, retry_interval=0.01))
    assert heard.text == "yes"
    stub.routes["/transcribe"] = ok(b'{"detail": "no such model"}', status="422 No")
    with pytest.raises(APIStatusError, match="no such model"):
        await recognised(ears())


async def test_time_and_connections(ears, stub):
    """No answer is an APITimeoutError, a connection that breaks an APIConnectionError."""

    async def silent(_writer):
        await stub.release.wait()

    async def breaks(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{")
        writer.close()

    stub.reply = silent
    with pytest.raises(APITimeoutError):
        await recognised(ears("timeout: 100ms\n"))
    stub.reply = breaks
    with pytest.raises(APIConnectionError, match="within its answer"):
        await recognised(ears())


async def test_giving_up_stops_the_request(ears, stub, stalled):
    """Who gives up ends the request: the service sees it."""
    stub.reply = service = stalled(b'{"text": "', "application/json")
    task = asyncio.create_task(recognised(ears()))
    await service.begun.wait()
    task.cancel()
    async with asyncio.timeout(5):
        await service.gone.wait()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_answer_that_never_ends(ears, stub):
    """However steadily it drips, a transcript has to be there within `timeout`."""

    async def drips(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)  # the pace of the service, not a wait of the test

    stub.reply = drips
    with pytest.raises(APITimeoutError, match=r"did not end its answer within 0\.2s"):
        await recognised(ears("timeout: 200ms\n"))
