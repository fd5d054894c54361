"""The sound of calls, as it is kept: both sides, in step, and nothing that must not be there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import urllib.error
import urllib.request

import av
import numpy as np
import pytest
from support.live.callers import calling
from support.live.sound import HEARD, loud, understood
from support.live.voice_socket import WITHOUT
from support.live.voice_socket import calling as calling_by_socket

pytestmark = pytest.mark.timeout(180)

GREETING = "Good day, this is Sunrise Dental. How can I help you?"
GREETED = "good day this is sunrise dental how can i help you"
ASKED = "i have a question about my invoice"
OTHERS = ("one moment", "goodbye", "billing department which invoice is it about")
CARD, MAIL = "4111 1111 1111 1111", "anna@example.com"
PARTS = "four one one one, one one one one", "one one one one, eleven eleven"
DIGITS = "zero one two three four five six seven eight nine"
SPOKEN = (
    "my card is five five five five five five five five five five five five four four four four"
)
RECORD = """\
agents:
  clinic:
    record:
      audio: yes
      mask:
        - card
        - email
"""

SENT = """\
agents:
  clinic:
    after_call:
      send:
        - csv: calls.csv
          columns:
            said: "{{ call.transcript }}"
    events:
      crm:
        url: https://crm.invalid/events
        secret: "{{ secrets.CRM_HOOK }}"
"""


@pytest.fixture
def recorded(demonstration, tmp_path):
    """The demonstration with a record, and where its data lies."""
    data = tmp_path / "data"
    file = next(f for f in demonstration.rglob("*.yaml") if "\n  clinic:\n" in f.read_text())
    file.write_text(file.read_text().replace("agents:\n  clinic:\n", RECORD, 1))
    (demonstration / "data.yaml").write_text(f"runner:\n  data_dir: {data}\n")
    return demonstration, data


@pytest.fixture
def sent(recorded):
    """The same with ears for digits, a row for each call, and events that nobody takes."""
    folder, data = recorded
    ears = folder / "providers.yaml"
    known, phrases = ears.read_text().split("      phrases:\n")
    choices = " | ".join(line.strip(" -\n") for line in phrases.splitlines())
    ears.write_text(f"""{known}      grammar: |
        #JSGF V1.0;
        grammar said;
        <digit> = {DIGITS.replace(" ", " | ")};
        public <said> = my card is <digit>+ | {choices};
""")
    file = next(f for f in folder.rglob("*.yaml") if "\n  clinic:\n" in f.read_text())
    file.write_text(file.read_text().replace("agents:\n  clinic:\n", SENT, 1))
    return folder, data


def decoded(content):
    """The two sides of a file, as the tests' recogniser hears them."""
    with av.open(content) as file:
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=HEARD)
        frames = [f for frame in file.decode(audio=0) for f in resampler.resample(frame)]
    both = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in frames])
    return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])


def spans(samples):
    """The first and last tenth of a second in which something sounds."""
    piece = HEARD // 10
    sounding = [
        at for at in range(0, len(samples) - piece, piece) if loud(samples[at : at + piece])
    ]
    return sounding[0], sounding[-1] + piece


def words(samples):
    """What is said, without the silence around it."""
    begins, ends = spans(samples)
    return understood(samples[begins:ends], (ASKED, GREETED, *OTHERS))


def fetched(address, **headers):
    """What is behind an address: its state, type and bytes."""
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        return answer.status, answer.headers["Content-Type"], answer.read()


async def kept(runner, session, tmp_path):
    """The file of a call that is over, by its route."""
    address = f"{runner.http}/v1/records/{session}/audio"
    async with asyncio.timeout(30):
        while True:
            try:
                status, kind, content = await asyncio.to_thread(fetched, address)
                break
            except urllib.error.HTTPError:  # it is being stored
                await asyncio.sleep(0.1)
    assert (status, kind) == (200, "audio/ogg")
    part = await asyncio.to_thread(fetched, address, Range="bytes=0-3")
    assert (part[0], part[2]) == (206, b"OggS")
    file = tmp_path / "kept.ogg"
    file.write_bytes(content)
    return file


async def test_both_sides_of_a_call_in_a_room_are_kept(livekit, lkrun_serve, recorded, tmp_path):
    """The caller left, the agent right, each where it was; what is masked is nowhere."""
    folder, data = recorded
    runner = lkrun_serve(folder)
    await runner.event("ready")
    async with calling(livekit, "clinic", voice=True) as caller:
        await caller.hears_end()
        mark = caller.mark()
        caller.says("I have a question about my invoice")
        await caller.reads("Which invoice is it about?")
        await caller.hears_end(mark)
        await caller.writes(f"My card is {CARD}, my mail {MAIL}")
        await caller.reads("invoice", times=2)
        for times, part in enumerate(PARTS, 3):
            await caller.writes(part)
            await caller.reads("invoice", times=times)
    session = (await runner.event("session_ended", room=caller.room))["session"]
    left, right = decoded(str(await kept(runner, session, tmp_path)))
    begins, ends = spans(left)
    assert words(left) == ASKED
    assert words(right[:begins]) == GREETED
    assert spans(right)[0] < begins < ends < spans(right)[1]
    assert not any(loud(right[at : at + HEARD // 10]) for at in range(begins, ends, HEARD // 10))
    files = [each for each in data.rglob("*") if each.is_file()]
    assert any(each.name == f"{session}.ogg" for each in files)
    for secret in (CARD, MAIL, "one one"):
        async with asyncio.timeout(30):
            while any(secret.encode() in each.read_bytes() for each in files):  # noqa: ASYNC110 - what is stored leaves the spool a moment later
                await asyncio.sleep(0.1)


async def test_both_sides_of_a_call_by_the_socket_are_kept(lkrun_serve, sent, tmp_path):
    """The same file without LiveKit; a card that is spoken is in no record, event, row or log."""
    folder, data = sent
    runner = lkrun_serve(folder, **WITHOUT, CRM_HOOK="whsec_" + "c2VjcmV0" * 4)
    await runner.event("ready")
    async with calling_by_socket(runner) as caller:
        await caller.told(type="message", text=GREETING)
        caller.say("I have a question about my invoice")
        await caller.told(type="handoff", to="billing")
        await caller.told(type="message", persona="billing")
        caller.say(SPOKEN)
        heard = await caller.told(type="message", turn=2, role="user")
        assert heard["text"] == SPOKEN  # the model has it as it was said
        await caller.told(type="message", turn=2, role="agent")
        await caller.socket.send_json({"type": "end"})
        await caller.told(type="end")
    session = (await runner.event("session_ended", kind="call"))["session"]
    left, right = decoded(str(await kept(runner, session, tmp_path)))
    assert words(right[: spans(left)[0]]) == GREETED
    assert [each.name for each in (data / "recordings").iterdir()] == [f"{session}.ogg"]
    address = f"{runner.http}/v1/records/{session}"
    record = json.loads((await asyncio.to_thread(fetched, address))[2])
    said = [each["text"] for each in record["transcript"] if each["role"] == "user"]
    assert said == [ASKED, "my card is [card]"]
    async with asyncio.timeout(30):
        while not (data / "calls.csv").exists():  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)
    assert "my card is [card]" in (data / "calls.csv").read_text()
    content = b"".join(each.read_bytes() for each in data.rglob("*") if each.is_file())
    assert b"crm.invalid" in content
    assert b"my card is [card]" in b"".join(f.read_bytes() for f in (data / "outbox").iterdir())
    assert b"five five" not in content
    assert not any("five five" in line for line in runner.lines)
    request = urllib.request.Request(address, method="DELETE")  # noqa: S310 - our own address
    await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=30).close())  # noqa: S310 - as above
    assert list((data / "recordings").iterdir()) == []


async def test_who_hangs_up_at_once_leaves_one_record(lkrun_serve, recorded):
    """With one file of sound or none, nothing half written, and no process of a call."""
    folder, data = recorded
    runner = lkrun_serve(folder, **WITHOUT)
    await runner.event("ready")
    for nth in (1, 2, 3):
        async with calling_by_socket(runner) as caller:
            caller.say("I have a question")
            await caller.until(lambda: caller.frames or caller.heard)
        session = (await runner.event("session_ended", nth=nth, kind="call"))["session"]
        address = f"{runner.http}/v1/records/{session}"
        async with asyncio.timeout(30):
            while True:
                try:
                    record = json.loads((await asyncio.to_thread(fetched, address))[2])
                    break
                except urllib.error.HTTPError:  # it is being stored
                    await asyncio.sleep(0.1)
        files = {each.name for each in (data / "recordings").glob(f"{session}*")}
        assert files == ({f"{session}.ogg"} if record["audio"] else set())
    everything = json.loads((await asyncio.to_thread(fetched, f"{runner.http}/v1/records"))[2])
    assert len(everything["records"]) == 3
    async with asyncio.timeout(30):
        while runner.jobs():  # noqa: ASYNC110 - a process that is gone tells nobody
            await asyncio.sleep(0.1)


async def test_what_a_killed_process_had_written_is_kept(lkrun_serve, recorded, tmp_path):
    """The sound up to then is in a file that can be played, beside the record of the call."""
    folder, data = recorded
    runner = lkrun_serve(folder, **WITHOUT)
    await runner.event("ready")
    async with calling_by_socket(runner) as caller:
        await caller.told(type="message", text=GREETING)
        (victim,) = runner.jobs()
        async with asyncio.timeout(60):
            while not any(f.stat().st_size for f in (data / "recordings").iterdir()):  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.05)
        os.kill(victim, signal.SIGKILL)
        await caller.told(type="end")
    session = (await runner.event("session_ended", kind="call"))["session"]
    left, right = decoded(str(await kept(runner, session, tmp_path)))
    assert words(right) == GREETED
    assert len(left) == len(right)
    assert [each.name for each in (data / "recordings").iterdir()] == [f"{session}.ogg"]
