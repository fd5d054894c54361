"""Callers who hang up: the call's end is told at once."""

from __future__ import annotations

import os

from support.live.callers import calling
from support.live.folders import VOICE
from support.live.served import ROOT

SLOW_EARS = """
import time
from livekit.agents import stt
from pydantic import BaseModel
from runner.plugin import Plugin

class Options(BaseModel):
    phrases: list[str]

class Ears(stt.STT):
    def __init__(self):
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))
        time.sleep(2)  # the thing tested: a provider that blocks while it loads a model

    async def _recognize_impl(self, buffer, *, language, conn_options):
        raise AssertionError("nobody is there to be heard")

plugin = Plugin(options=Options, build=lambda options: Ears())
"""


async def test_a_caller_who_hangs_up_is_gone_at_once(livekit, lkrun_serve, write):
    """The call of who has a microphone ends within seconds, though nobody says goodbye."""
    runner = lkrun_serve(write(agents=VOICE))
    await runner.event("ready")
    async with calling(livekit, "desk", voice=True) as caller:
        await caller.hears_end()
    ended = await runner.event("session_ended", within=5)
    assert ended["reason"] == "caller_left"


async def test_a_caller_may_hang_up_before_the_agent_is_there(
    livekit, lkrun_serve, write, tmp_path
):
    """Who leaves while the agent's models are built is waited for by nobody."""
    package = tmp_path / "site" / "slow_ears-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-ears\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[lkrun.stt]\nslow = slow_ears:plugin\n")
    (tmp_path / "site" / "slow_ears.py").write_text(SLOW_EARS)
    folder = write(agents=VOICE.replace("stt: pocketsphinx", "stt: slow"))
    runner = lkrun_serve(folder, PYTHONPATH=f"{ROOT}{os.pathsep}{tmp_path / 'site'}")
    await runner.event("ready")
    async with calling(livekit, "desk", voice=True):
        await runner.event("session_started")
    ended = await runner.event("session_ended", within=10)
    assert (ended["reason"], ended["turns"]) == ("caller_left", 0)
