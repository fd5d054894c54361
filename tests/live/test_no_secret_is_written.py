"""A call by voice whose service sends everything back: no secret is written or told anywhere."""

from __future__ import annotations

import json
import os

import pytest
from support.leaky import FOLDER, PIN, PLUGIN, SECRETS, echoing, files, leaks
from support.live.callers import calling
from support.live.served import ROOT
from support.site import Site

pytestmark = [pytest.mark.timeout(120), pytest.mark.cold]

VOICE = """    stt: ears
    tts: voice
    turn_taking:
      detection: vad
"""
PROVIDERS = """providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  voice:
    tts: espeak
    with:
      speed: 350
"""


def spoken(port):
    """The folder of the other tests, its agent by voice."""
    text = FOLDER.replace("PORT", str(port)).replace("    mode: text\n", VOICE)
    text = text.replace("providers:\n", PROVIDERS)
    return text.replace(
        "      rules:\n", "      otherwise: That is what came of it.\n      rules:\n"
    )


async def test_a_call_by_voice_writes_no_secret(livekit, lkrun_serve, tmp_path):
    """The room, the log at `debug`, the front, and what lies on disk afterwards have no value."""
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    site.plugin("scales", PLUGIN, "tool")
    folder = tmp_path / "agents.d"
    folder.mkdir()
    with echoing() as service:
        (folder / "desk.yaml").write_text(spoken(service.server_address[1]))
        runner = lkrun_serve(
            folder, "--log-level", "debug",
            TMPDIR=str(tmp_path), PYTHONPATH=f"{site.folder}{os.pathsep}{ROOT}", **SECRETS,
        )  # fmt: skip
        await runner.event("ready", within=60)
        metadata = json.dumps({"pin": PIN})
        async with calling(livekit, "desk", voice=True, metadata=metadata) as caller:
            await caller.hears_end()
            for number, words in enumerate(("one", "two", "three", "lost", "four", "weigh"), 1):
                await caller.writes(words)
                await caller.reads("came of it", times=number)
            room = caller.told
        await runner.event("session_ended", room=caller.room)
    written = files(tmp_path, folder / "desk.yaml", site.folder / "made_up_scales.py")
    written |= {"room": room.encode(), "log": "\n".join(runner.lines).encode()}
    written |= {f"runtime {name}": data for name, data in files(runner.runtime).items()}
    assert "is refused" in "".join(runner.lines)
    assert leaks(written) == []
