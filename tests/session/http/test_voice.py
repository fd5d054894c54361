"""A voice that is a service: what is sent, what is heard, and what its bad days look like."""

from __future__ import annotations

import asyncio
import io
import json
import wave

import av
import numpy as np
import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError
from livekit.agents.types import APIConnectOptions
from support.stub_service import chunked, ok

from runner.session.observers.log_filter import install_log_filter

ONCE = APIConnectOptions(max_retry=0, timeout=2.0)
TONE = (np.sin(np.arange(24_000) / 20) * 8_000).astype("<i2").tobytes()
"""A second of sound."""

OPTIONS = """
url: {url}/speak
body:
  json:
    text: "{{{{ text }}}}"
    voice: female-1
    language: "{{{{ language }}}}"
audio: {audio}
sample_rate: 24000
"""


@pytest.fixture
def voice(provided, stub):
    """The voice of the server of the test."""

    def make(audio="pcm_s16le", more="", **services):
        return provided("tts", OPTIONS.format(url=stub.url, audio=audio) + more, **services)

    return make


async def heard(voice, text="Xin chào.", options=ONCE):
    async with voice.synthesize(text, conn_options=options) as stream:
        return await stream.collect()


def encoded(kind: str, rate: int = 24_000) -> bytes:
    """The tone as a file of a kind."""
    if kind == "wav":
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(TONE)
        return file.getvalue()
    file = io.BytesIO()
    codec, form = {"mp3": ("mp3", "mp3"), "opus": ("libopus", "ogg")}[kind]
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        samples = np.frombuffer(TONE, "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file.getvalue()


@pytest.mark.proves(
    "HttpTtsProvider.with", "HttpVoice.audio", "HttpVoice.body", "HttpVoice.sample_rate"
)
async def test_samples_are_spoken_as_they_come(voice, stub):
    """The text goes out as the author wrote it; the samples that come back are the speech."""
    stub.reply = chunked(TONE[:1001], TONE[1001:])
    frame = await heard(voice())
    assert bytes(frame.data) == TONE
    assert (frame.sample_rate, frame.num_channels) == (24_000, 1)
    head, _, body = stub.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /speak ")
    assert json.loads(body) == {"text": "Xin chào.", "voice": "female-1", "language": "vi-VN"}


@pytest.mark.parametrize("kind", ["wav", "mp3", "opus"])
async def test_files_are_decoded(voice, stub, kind):
    """A file of sound is decoded as it comes, whatever its own rate."""
    stub.reply = chunked(encoded(kind, 48_000 if kind != "wav" else 24_000), label="audio/x")
    frame = await heard(voice(kind))
    assert frame.sample_rate == 24_000
    whole = 0.5 if kind != "wav" else 1.0
    assert frame.duration == pytest.approx(whole, abs=0.1)
    assert np.abs(np.frombuffer(frame.data, "<i2")).max() > 4_000


async def test_a_wav_of_another_rate(voice, stub):
    """What a file says of its rate counts: it is brought to the rate of the provider."""
    stub.reply = ok(encoded("wav", 16_000), "Content-Type: audio/wav")
    frame = await heard(voice("wav"))
    assert frame.sample_rate == 24_000
    assert frame.duration == pytest.approx(1.5, abs=0.1)


async def test_samples_of_another_rate(voice, stub, caplog):
    """A rate in the label of samples is believed, and the log says it once a request."""
    stub.reply = ok(TONE, "Content-Type: audio/pcm; rate=48000")
    frame = await heard(voice())
    assert frame.sample_rate == 24_000
    assert frame.duration == pytest.approx(0.5, abs=0.05)
    assert "48000 samples a second, and sample_rate is 24000" in caplog.text


@pytest.mark.proves("HttpVoice.channels")
async def test_samples_of_two_channels(voice, stub):
    """Samples of two channels that come in turn are as long as those of one."""
    left_and_right = np.repeat(np.frombuffer(TONE, "<i2"), 2).tobytes()
    stub.reply = chunked(left_and_right)
    frame = await heard(voice(more="channels: 2\n"))
    assert frame.num_channels == 2
    assert bytes(frame.data) == left_and_right
    assert frame.duration == pytest.approx(len(TONE) / 2 / 24_000, abs=0.01)


async def test_half_a_sample_at_the_end(voice, stub):
    """A byte too many is left out; it would turn all that follows into noise."""
    stub.reply = chunked(TONE[:4801], TONE[4801:9601])
    frame = await heard(voice())
    assert bytes(frame.data) == TONE[:9600]


@pytest.mark.parametrize(
    ("label", "body", "words"),
    [
        ("text/html", b"<html>Sign in</html>", "the answer is text/html, no sound"),
        ("application/json", b'{"detail": "quota"}', "the answer is application/json, no sound"),
        ("audio/pcm", encoded("wav"), "the answer is wav, and audio: says pcm_s16le"),
        ("audio/pcm", b"", "the answer holds no sound"),
        ("audio/pcm", b"\0", "the answer holds no sound"),
    ],
)
async def test_what_is_no_sound(voice, stub, label, body, words):
    """A page, an error with status 200, another kind of file and nothing are failures in words."""
    stub.reply = ok(body, f"Content-Type: {label}")
    with pytest.raises(APIError, match=words) as caught:
        await heard(voice())
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("wav", TONE, "the answer is no wav"),
        ("mp3", encoded("opus"), "the answer is opus, and audio: says mp3"),
        ("opus", b"<html>", "the answer is text, no opus"),
    ],
)
async def test_a_file_of_another_kind(voice, stub, kind, body, words):
    """Sound of another kind than announced is told by its first bytes."""
    stub.reply = ok(body, "Content-Type: audio/anything")
    with pytest.raises(APIError, match=words):
        await heard(voice(kind))


@pytest.mark.parametrize("kind", ["wav", "mp3", "opus"])
async def test_a_damaged_file(voice, stub, kind, caplog):
    """Damage in the middle is a failure of the request; no traceback reaches the log."""
    install_log_filter()  # as every conversation does
    whole = encoded(kind)
    stub.reply = ok(whole[:48] + b"\xa5" * 4096, "Content-Type: audio/anything")
    try:
        frame = await heard(voice(kind))
    except APIError:
        frame = None
    assert frame is None or frame.duration < 2
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(("status", "retried"), [("401 No", False), ("503 Busy", True)])
async def test_a_status_is_a_status_error(voice, stub, status, retried):
    """A status is LiveKit's APIStatusError, with the words of the service and without its keys."""
    stub.reply = ok(b'{"error": "no credit"}', "Content-Type: application/json", status=status)
    with pytest.raises(APIStatusError, match="no credit") as caught:
        await heard(voice())
    assert caught.value.status_code == int(status[:3])
    assert caught.value.retryable is retried


async def test_another_attempt(voice, stub):
    """What may pass is tried again by LiveKit's rules, and then spoken."""
    stub.routes["/speak"] = [ok(b"", status="503 Busy"), ok(TONE, "Content-Type: audio/pcm")]
    frame = await heard(voice(), options=APIConnectOptions(max_retry=1, retry_interval=0.01))
    assert frame.duration == 1.0
    assert len(stub.requests) == 2


async def test_retries_of_the_request(voice, stub):
    """`retries` counts for POST as well: to say words twice does no harm."""
    stub.routes["/speak"] = [ok(b"", status="503 Busy"), ok(TONE, "Content-Type: audio/pcm")]
    frame = await heard(voice(more="retries: 1\n"))
    assert frame.duration == 1.0


async def test_an_answer_that_breaks_off(voice, stub):
    """A connection that ends within the answer is an APIConnectionError."""
    stub.reply = chunked(TONE[:4800], end=False)
    with pytest.raises(APIConnectionError, match="ended the connection within its answer"):
        await heard(voice())


async def test_no_answer_in_time(voice, stub):
    """A service that says nothing is an APITimeoutError after `timeout`."""

    async def silent(_writer):
        await stub.release.wait()

    stub.reply = silent
    with pytest.raises(APITimeoutError, match=r"did not answer within 0\.1s"):
        await heard(voice(more="timeout: 100ms\n"))


async def test_a_service_that_stops(voice, stub):
    """A pause within the answer that is longer than `timeout` is an APITimeoutError."""

    async def stops(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\n\r\n" + TONE[:4800])
        await stub.release.wait()

    stub.reply = stops
    with pytest.raises(APITimeoutError, match=r"stopped in its answer for 0\.1s"):
        await heard(voice(more="timeout: 100ms\n"))


async def test_a_drip_is_spoken(voice, stub):
    """Sound that comes a sample at a time is spoken all the same."""
    stub.reply = chunked(*(TONE[i : i + 7] for i in range(0, 2100, 7)))
    frame = await heard(voice())
    assert bytes(frame.data) == TONE[:2100]


async def test_interruption_stops_the_request(voice, stub, stalled):
    """When the caller interrupts, the service sees that nobody listens any more."""
    stub.reply = service = stalled(TONE)
    stream = voice().synthesize("A long story.", conn_options=ONCE)
    await service.begun.wait()
    await stream.aclose()
    async with asyncio.timeout(5):
        await service.gone.wait()


async def test_too_much(voice, stub):
    """More than `max_response` is a failure."""
    stub.reply = chunked(TONE, TONE)
    with pytest.raises(APIError, match="larger than 60 KB"):
        await heard(voice(more="max_response: 60KB\n"))


@pytest.mark.proves("HttpVoice.split")
async def test_whole_replies(voice, stub):
    """With `split: no` the service gets a reply of several sentences as one text."""
    stub.reply = ok(TONE, "Content-Type: audio/pcm")
    made = voice(more="split: no\n")
    assert made.capabilities.streaming
    async with made.stream(conn_options=ONCE) as stream:
        for piece in ("First sentence. ", "Second one! ", "And a third?"):
            stream.push_text(piece)
        stream.end_input()
        frames = [event.frame async for event in stream]
    assert sum(frame.duration for frame in frames) == pytest.approx(1.0, abs=0.02)
    (request,) = stub.requests
    text = json.loads(request.partition(b"\r\n\r\n")[2])["text"]
    assert text == "First sentence. Second one! And a third?"


async def test_a_service_with_proof(provided, stub):
    """What the service says is said once: its address, its headers, its proof."""
    provided.secrets["VOICE_TOKEN"] = "magic-word-of-the-voice"  # noqa: S105 - of this test
    stub.reply = ok(TONE, "Content-Type: audio/pcm")
    options = 'service: studio\nurl: /speak\naudio: pcm_s16le\nbody:\n  text: "{{ text }}"\n'
    services = f"""
services:
  studio:
    url: {stub.url}
    headers:
      X-Team: dental
    auth:
      bearer: "{{{{ secrets.VOICE_TOKEN }}}}"
"""
    await heard(provided("tts", options, services))
    assert b"Authorization: Bearer magic-word-of-the-voice" in stub.requests[0]
    assert b"X-Team: dental" in stub.requests[0]


async def test_a_private_address_is_refused(provided, stub):
    """Without leave no service of the own network is asked."""
    provided.network = type(provided.network)()
    made = provided("tts", OPTIONS.format(url=stub.url, audio="wav"))
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1") as caught:
        await heard(made)
    assert not caught.value.retryable
    assert stub.requests == []
