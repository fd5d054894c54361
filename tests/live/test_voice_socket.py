"""Calls by voice over the runner's own WebSocket, where no LiveKit is configured."""

from __future__ import annotations

import os
import re
import signal

import numpy as np
import pytest
from support.live.browser import MICROPHONE, browser
from support.live.page_talk import GREETING, PageTalk
from support.live.sound import loud, understood
from support.live.voice_socket import PIECE, WITHOUT, calling

pytestmark = pytest.mark.timeout(180)


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
    """Pick the agent, allow the microphone, hear it, speak, interrupt, write, be muted, end."""
    async with browser(*MICROPHONE) as page:
        talk = PageTalk(page)
        await talk.hears_itself_say(tmp_path)
        await talk.call(runner.http)
        await talk.ask_about_an_invoice()
    ended = await runner.event("session_ended", kind="call")
    assert re.match("voice_", ended["session"])
