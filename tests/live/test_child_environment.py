"""What a provider's package finds in the process of a call, which a forkserver begins."""

from __future__ import annotations

import json
import os

import pytest
from support import nosy
from support.live.callers import calling
from support.live.served import ROOT

pytestmark = pytest.mark.cold

SECRET = {"TOOL_KEY": "the-tools-secret", "DATABASE_URL": "the-database", "BRAIN_KEY": "the-key"}


async def test_a_package_sees_what_it_needs_in_a_room_too(livekit, lkrun_serve, write, tmp_path):
    """What is named is seen by calls that begin after a reload; no secret of a tool ever is."""
    site = tmp_path / "site"
    nosy.install(site)
    folder = write(agents=nosy.FOLDER)
    path = f"{site}{os.pathsep}{ROOT}"
    runner = lkrun_serve(folder, PYTHONPATH=path, NOSY_REGION="eu", **SECRET)
    await runner.event("ready")

    async def found():
        async with calling(livekit, "nosy") as caller:
            await caller.reads("Welcome.")
            await caller.writes("tell")
            await caller.reads('"dumpable": 0}')
            return json.loads(caller.told[caller.told.index("{") :])

    seen = (await found())["env"]
    assert (seen["NOSY_REGION"], seen["LIVEKIT_URL"]) == ("eu", livekit.url)
    assert not SECRET.keys() & seen.keys()
    file = folder / "agents.yaml"
    more = "runner:\n  environment:\n    - DATABASE_URL\n"
    file.write_text(file.read_text().replace("runner:\n", more))
    await runner.event("processes_renewed")
    seen = (await found())["env"]
    assert seen["DATABASE_URL"] == "the-database"
    assert not {"TOOL_KEY", "BRAIN_KEY"} & seen.keys()
