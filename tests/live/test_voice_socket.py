"""Calls by voice over the runner's own WebSocket, where no LiveKit is configured."""

from __future__ import annotations

import base64
import os
import re
import signal

import numpy as np
import pytest
from playwright.async_api import expect
from support.live.browser import MICROPHONE, browser, recording
from support.live.sound import loud, understood
from support.live.voice_socket import PIECE, WITHOUT, calling

pytestmark = pytest.mark.timeout(180)

GREETING = "Good day, this is Sunrise Dental. How can I help you?"
SPEAK = """
    navigator.mediaDevices.getUserMedia = async () => {
      const ears = new AudioContext(), out = ears.createMediaStreamDestination();
      const bytes = Uint8Array.from(atob("%s"), (sign) => sign.charCodeAt(0));
      const sound = await ears.decodeAudioData(bytes.buffer);
      window.speak = () => {
        const played = ears.createBufferSource();
        played.buffer = sound;
        played.connect(out);
        played.start();
      };
      return out.stream;
    };
"""
"""A microphone that hears a recording whenever a test says so."""


@pytest.fixture
async def runner(lkrun_serve):
    """The demonstration without LiveKit."""
    made = lkrun_serve(**WITHOUT)
    await made.event("ready")
    return made


async def test_a_caller_is_greeted_understood_and_answered(runner):
    """Words and sound both ways; a written text is answered too; the end closes the socket."""
    async with calling(runner) as caller:
        await caller.told(type="message", text=GREETING)
        said = ["good day this is sunrise dental how can i help you", "one moment", "goodbye"]
        assert understood(np.frombuffer(caller.heard, np.int16), said) == said[0]
        caller.say("I have a question about my invoice")
        assert "invoice" in (await caller.told(type="message", role="user"))["text"]
        await caller.told(type="handoff", to="billing")
        await caller.told(type="speaking", who="caller")
        await caller.socket.send_json({"type": "text", "text": "number 118"})
        await caller.told(type="tool_result", name="look_up_invoice")
        await caller.socket.send_json({"type": "end"})
        assert (await caller.told(type="end"))["reason"] == "caller_left"
        await caller.until(lambda: caller.socket.closed)
    assert caller.socket.close_code == 1000
    ended = await runner.event("session_ended", kind="call")
    assert ended["reason"] == "caller_left"


async def test_who_interrupts_is_heard_at_once(runner):
    """What the agent was saying is thrown away, and little of it comes after that."""
    async with calling(runner) as caller:
        await caller.told(type="message", text=GREETING)  # its first seconds cannot be interrupted
        await caller.socket.send_json({"type": "text", "text": "What does a cleaning cost?"})
        await caller.told(type="message", turn=1, role="user")
        caller.heard = b""
        await caller.until(lambda: loud(np.frombuffer(caller.heard[-4 * PIECE :], np.int16)))
        caller.say("I have a question about my invoice")
        await caller.told(type="clear")
        message = await caller.told(type="message", turn=2, role="user")
    assert "invoice" in message["text"]


async def test_a_process_that_dies_ends_its_call_alone(runner):
    """The caller is told, and another call goes on."""
    async with calling(runner) as one:
        await one.told(type="message", text=GREETING)
        (victim,) = runner.jobs()
        async with calling(runner) as other:
            await other.told(type="message", text=GREETING)
            os.kill(victim, signal.SIGKILL)
            await one.until(lambda: one.frames[-1].get("type") == "end")
            assert one.frames[-1]["reason"] == "crashed"
            await other.socket.send_json({"type": "text", "text": "When are you open on Friday?"})
            await other.told(type="message", turn=1, role="user")
            await other.told(type="message", turn=1, role="agent")


async def test_a_person_talks_with_the_demonstration_without_livekit(runner, tmp_path):
    """Pick the agent, allow the microphone, hear it, speak, interrupt it, and write beside."""
    spoken = recording("I have a question about my invoice", tmp_path / "spoken.wav")
    sound = base64.b64encode(spoken.read_bytes()).decode()
    async with browser(*MICROPHONE) as page:
        await page.add_init_script(SPEAK % sound)
        await page.goto(runner.http)
        await page.get_by_role("button", name="Talk with clinic, by voice").click()
        words = page.locator("#speaking-words")
        await expect(words).to_contain_text("receptionist is speaking", timeout=60_000)
        log = page.get_by_role("log")
        await expect(log).to_contain_text(GREETING)
        await expect(words).to_contain_text("Listening")
        await page.evaluate("speak()")
        await expect(log).to_contain_text("question about my invoice")
        await expect(log).to_contain_text("Handed over to billing")
        await expect(log).to_contain_text("Which invoice is it about?")
        box = page.get_by_label("Your message")
        await box.fill("number 118")
        await box.press("Enter")
        await expect(log).to_contain_text("Invoice 118 over 90 dollars is paid.")
        await expect(page.locator("#vars")).to_contain_text("Sunrise Dental")
        await page.get_by_role("button", name="End", exact=True).click()
        await expect(page.locator("#over-words")).to_contain_text("You have ended")
    ended = await runner.event("session_ended", kind="call")
    assert re.match("voice_", ended["session"])
