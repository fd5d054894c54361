"""A model that hangs in a room: the caller is answered in words before they give up."""

from __future__ import annotations

import time

import pytest
from support.live.callers import calling
from support.live.folders import TEXT, VOICE
from support.openai_stub import OpenAiStub, Reply

AGAIN = "Sorry, something went wrong. Please say that again."
AT_MOST = 10.0
"""Seconds after which a caller gives up."""


def hung(folder, stub):
    """The folder, with LiveKit's own plugin and a service that never answers."""
    head, _, rules = folder.partition("    llm: script\n")
    below = rules.partition("      otherwise:")[2].partition("\n")[2]
    options = f"      model: gpt-4.1-mini\n      base_url: {stub.url}\n      api_key: sk-none\n"
    return f"{head}    llm: openai\n    with:\n{options}{below}"


def never(stub):
    stub.closing.wait()
    yield b""


@pytest.mark.parametrize(("folder", "agent"), [(TEXT, "north"), (VOICE, "desk")])
async def test_a_hung_model_is_answered_for_in_time(livekit, lkrun_serve, write, folder, agent):
    """A service that takes the request and says nothing costs the caller ten seconds at most."""
    with OpenAiStub(lambda _: Reply(never(stub))) as stub:
        runner = lkrun_serve(write(agents=hung(folder, stub)))
        await runner.event("ready")
        async with calling(livekit, agent) as caller:
            await caller.reads("desk." if agent == "north" else "Hello there.")
            begun = time.monotonic()
            await caller.writes("hello")
            await caller.reads(AGAIN)
            took = time.monotonic() - begun
        assert took < AT_MOST, f"{took:.2f} s"
