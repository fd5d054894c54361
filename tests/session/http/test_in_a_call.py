"""Services without code that answer wrongly while somebody is on the phone."""

from __future__ import annotations

import asyncio
import re

import pytest
from support.speech import Ears, Speaker, until
from support.stub_service import chunked, ok
from support.voice_folder import PLAIN, ended, said

from runner.secret import Secret
from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.texts import shipped

KEY = "hush-hush-hush"
SOUND = bytes(9600)
JSON = "Content-Type: application/json"
LOOK = "look at url:, body: and audio: below with:"

VOICE = """    tts: http
    timeout: 200ms
    retries: 0
    cache: no
    with:
      url: URL/speak
      private_network: yes
      auth:
        bearer: "{{ secrets.KEY }}"
      body:
        json:
          text: "{{ text }}"
      audio: pcm_s16le
      sample_rate: 24000
"""


def folder(url):
    """The folder of calls by voice, with a service for its voices."""
    text = PLAIN.replace("    tts: espeak\n    with:\n      pitch: 60\n", "    tts: espeak\n")
    return text.replace("    tts: espeak\n", VOICE.replace("URL", url))


@pytest.fixture
async def call(load, stub):
    """A call whose voice is the service of the test, and what fails in it."""
    talks = []

    async def start():
        talk = Conversation(
            load(folder(stub.url)), None, CallFacts(),
            on_event=lambda event: talk.queue.put_nowait(event.to_json()),
            on_failure=lambda why, part: talk.failed.put_nowait((part, why)),
            secrets={"KEY": Secret(KEY)}.get,
        )  # fmt: skip
        talk.queue, talk.failed = asyncio.Queue(), asyncio.Queue()
        talk._call.bound.models._single["stt", "ears"] = Ears()
        talks.append(talk)
        await talk.start(audio_out=Speaker())
        return talk

    yield start
    stub.release.set()
    for talk in talks:
        await talk.end()


async def drips(writer):
    """Answer with sound that never ends, slower than anybody could hear it."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\n\r\n" + bytes(8))
    while not writer.is_closing():
        writer.write(bytes(2))
        await writer.drain()
        await asyncio.sleep(0.02)  # the pace of the service, not a wait of the test


def refusal(status, words):
    """A refusal as services write them."""
    body = f'{{"error": {{"message": "{words}", "code": "x"}}}}'
    return ok(body.encode(), JSON, status=status)


WRONG = [
    (ok(b"<html>Sign in</html>", "Content-Type: text/html"), f"text/html, no sound; {LOOK}"),
    (ok(b"<!DOCTYPE html><p>", "Content-Type: audio/pcm"), f"is text, no sound; {LOOK}"),
    (ok(b'{"error": "no credit"}', JSON), f"application/json, no sound: no credit; {LOOK}"),
    (ok(b'{"detail":"quota"}', "Content-Type: audio/pcm"), "the answer is text, no sound"),
    (ok(b"try later\n", "Content-Type: text/plain"), f"text/plain, no sound: try later; {LOOK}"),
    (ok(b"RIFFxxxxWAVEfmt ", "Content-Type: audio/pcm"), f"wav, and audio: says pcm_s16le; {LOOK}"),
    (ok(b"", "Content-Type: audio/pcm"), f"the answer holds no sound; {LOOK}"),
    (ok(f'{{"error": "key {KEY}"}}'.encode(), JSON), "no sound: key ***; look at"),
    (refusal("401 No", f"bad key {KEY}"), "401 Unauthorized: bad key ***; the service refuses the"),
    (refusal("402 No", "top up"), "402 Payment Required: top up; the account has no money left"),
    (refusal("429 No", "slow down"), "429 Too Many Requests: slow down; the service takes no more"),
    (refusal("500 No", "oops"), "500 Internal Server Error: oops; the service itself is out"),
    (chunked(SOUND, end=False), "ended the connection within its answer"),
    (None, "did not answer within 0.2s"),
    (drips, "its sound is 0.2s behind what is heard of it"),
]


@pytest.mark.parametrize(("reply", "words"), WRONG, ids=[words[:40] for _, words in WRONG])
async def test_a_voice_that_answers_wrongly_ends_no_call(call, stub, caplog, reply, words):
    """The log names provider, what was said and what to change; the next words are heard."""
    stub.reply = reply or (lambda _writer: stub.release.wait())
    talk = await call()
    part, why = await talk.failed.get()
    assert (part, why) == ("tts", f"the voice 'bright' failed: {why.partition('failed: ')[2]}")
    assert words in why
    assert KEY not in caplog.text + why
    stub.reply = ok(SOUND, "Content-Type: audio/pcm")
    talk.session.generate_reply(user_input="hello")
    await until(talk, said("Pardon?"))
    assert not talk.ended.done()
    assert talk.failed.empty()
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_voice_that_goes_on_answering_wrongly_ends_the_call_in_words(call, stub):
    """What cannot be heard is written, and the call is over."""
    stub.reply = ok(b"<html>", "Content-Type: text/html")
    talk = await call()
    await talk.failed.get()
    for _ in range(2):
        await talk.session.generate_reply(user_input="hello")
    events = await until(talk, ended)
    assert events[-1]["reason"] == "error"
    assert [e["text"] for e in events if e.get("role") == "agent"] == [shipped("call_later")]
    assert re.search("again and again: the call ends", str([*talk.failed._queue]))
