"""A caller by voice who calls again."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request

import pytest
from support.live.voice_socket import WITHOUT, calling

pytestmark = pytest.mark.timeout(180)

MEMORY = """\
agents:
  clinic:
    memory:
      of: "{{ caller.kind }}"
"""
GREETING = "Good day, this is"


@pytest.fixture
def folder(demonstration, tmp_path):
    """The demonstration, whose greeting tells how often a caller has called."""
    file = next(f for f in demonstration.rglob("*.yaml") if "\n  clinic:\n" in f.read_text())
    file.write_text(file.read_text().replace("agents:\n  clinic:\n", MEMORY, 1))
    for each in demonstration.rglob("*.yaml"):
        text = each.read_text().replace(GREETING, "Call {{ memory.calls + 1 }}, this is")
        each.write_text(text)
    (demonstration / "data.yaml").write_text(f"runner:\n  data_dir: {tmp_path / 'data'}\n")
    return demonstration


def kept(runner):
    """How often the runner remembers to have been called."""
    try:
        url = f"{runner.http}/v1/memory/standard"
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own address
            return json.load(answer)["calls"]
    except urllib.error.HTTPError:
        return 0


async def test_the_second_call_is_greeted_as_such(folder, lkrun_serve):
    """By voice too what is remembered is there before the first word."""
    runner = lkrun_serve(folder, **WITHOUT)
    await runner.event("ready")
    for number in (1, 2):
        async with calling(runner) as caller:
            message = await caller.told(type="message", role="agent")
            assert message["text"].startswith(f"Call {number}, this is Sunrise Dental")
            await caller.socket.send_json({"type": "end"})
            await caller.told(type="end")
        await runner.event("session_ended", kind="call")
        async with asyncio.timeout(60):
            while await asyncio.to_thread(kept, runner) < number:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.1)
