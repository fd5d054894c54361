"""Phone numbers at a real LiveKit server, and callers by telephone in its rooms."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from livekit import api
from support.live import needs
from support.live.callers import Caller
from support.live.folders import VOICE
from support.live.redis import Redis
from support.live.rtcserver import KEY, SECRET, LiveKitServer, free_port
from support.live.served import ROOT
from support.site import Site

from runner.cli.main import lkrun
from runner.records import opt_outs
from runner.records.address import address_of
from runner.records.database import Database
from runner.secret import Secret

A, B, C = "+842412345678", "+842412345679", "+442079460018"

AGENT = """
  {name}:
    start: desk
    llm: openai/gpt-4.1-mini
    stt: deepgram/nova-3
    tts: cartesia/sonic-3
    phone:
      numbers:
"""
DESK = """
personas:
  desk:
    instructions: Help.
"""

ASKED = """
    intents:
      stop_calling:
        phrases:
          - stop calling me
        then:
          - opt_out: yes
          - say: Never again.
"""

QUIET = """
from pathlib import Path
from pydantic import BaseModel
from livekit import rtc
from runner.plugin import Plugin
class Options(BaseModel):
    note: str
class Quiet(rtc.FrameProcessor):
    enabled = True
    def __init__(self, note):
        self.note = Path(note)
    def _process(self, frame):
        self.note.touch()
        return frame
    def _close(self):
        pass
plugin = Plugin(options=Options, build=lambda options: Quiet(options.note))
"""
"""Takes out no noise, but leaves a file behind when it hears something."""


@pytest.fixture(scope="module")
def livekit(tmp_path_factory) -> Iterator[LiveKitServer]:
    """LiveKit's server with Redis: it keeps trunks and rules."""
    program = shutil.which("redis-server")
    if program is None:
        needs.lacking("there is no redis-server: apt-get install redis-server")
    folder = tmp_path_factory.mktemp("phone")
    redis = Redis(program, folder / "redis.log", free_port(socket.SOCK_STREAM))
    redis.start()
    server = LiveKitServer(
        needs.program("LKRUN_LIVEKIT_SERVER", "livekit-server"), folder / "livekit.log",
        redis=f"127.0.0.1:{redis.port}",
    )  # fmt: skip
    server.start()
    yield server
    server.kill()
    redis.stop()


@pytest.fixture
def phone(livekit, tmp_path, monkeypatch):
    """Run `lkrun phone` with a folder whose agents have these numbers."""
    for name, value in livekit.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))

    def run(verb, folder="clinic", **numbers):
        path = tmp_path / folder / "agents.d"
        path.mkdir(parents=True, exist_ok=True)
        agents = "agents:" + "".join(
            AGENT.format(name=name) + "".join(f'        - "{n}"\n' for n in listed)
            for name, listed in numbers.items()
        )
        silent = AGENT.partition("    phone:")[0].format(name="silent")
        (path / "a.yaml").write_text((agents if numbers else f"agents:{silent}") + DESK)
        command = ["phone", verb, str(path), "--format", "json"]
        done = CliRunner().invoke(lkrun, command, standalone_mode=False)
        assert done.exception is None, (done.exception, done.output)
        said = json.loads(done.stdout)
        assert done.return_value == (0 if said["in_step"] else 1)
        return said

    async def apart(verb, folder="clinic", **numbers):
        return await asyncio.to_thread(run, verb, folder, **numbers)

    yield apart
    run("apply")


async def known(livekit):
    """LiveKit's trunks (name → numbers) and rules (name → agents)."""
    async with livekit.api() as server:
        trunks = await server.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())
        rules = await server.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())
    return (
        {trunk.name: set(trunk.numbers) for trunk in trunks.items},
        {rule.name: [a.agent_name for a in rule.room_config.agents] for rule in rules.items},
    )


async def test_numbers_are_made_twice_changed_and_removed(livekit, phone):
    """What is applied is in step; twice is as once; LiveKit always has what the files say."""
    assert not (await phone("status", clinic=[A, B]))["in_step"]
    assert await known(livekit) == ({}, {})
    assert len((await phone("apply", clinic=[A, B]))["changes"]) == 2
    assert await known(livekit) == ({"lkrun clinic": {A, B}}, {"lkrun clinic": ["clinic"]})
    assert (await phone("apply", clinic=[A, B]))["changes"] == []
    await phone("apply", clinic=[B], shop=[A])
    assert await known(livekit) == (
        {"lkrun clinic": {B}, "lkrun shop": {A}},
        {"lkrun clinic": ["clinic"], "lkrun shop": ["shop"]},
    )
    await phone("apply", clinic=[A], shop=[B])
    assert (await phone("status", clinic=[A], shop=[B]))["in_step"]
    await phone("apply", shop=[B])
    assert await known(livekit) == ({"lkrun shop": {B}}, {"lkrun shop": ["shop"]})
    await phone("apply")
    assert await known(livekit) == ({}, {})


async def test_what_lkrun_did_not_make_is_left_alone(livekit, phone):
    """A trunk and a rule of somebody else, and those of another folder, stay as they are."""
    async with livekit.api() as server:
        info = api.SIPInboundTrunkInfo(name="by hand", numbers=[C], allowed_addresses=["192.0.2.1"])
        trunk = await server.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=info))
        await phone("apply", folder="other", shop=[B])
        await phone("apply", clinic=[A, C])
        before = await known(livekit)
        assert before[0] == {"by hand": {C}, "lkrun clinic": {A}, "lkrun shop": {B}}
        rules = (await server.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items
        (rule,) = (rule for rule in rules if rule.name == "lkrun clinic")
        assert trunk.sip_trunk_id in rule.trunk_ids
        assert len((await phone("apply"))["kept"]) == 2
        assert await known(livekit) == (
            {"by hand": {C}, "lkrun shop": {B}}, {"lkrun shop": ["shop"]},
        )  # fmt: skip
        await server.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))
    await phone("apply", folder="other")


def test_a_server_without_redis_is_told(tmp_path, monkeypatch):
    """LiveKit's own words for it help nobody: what is missing is said; so is who is not there."""
    program = needs.program("LKRUN_LIVEKIT_SERVER", "livekit-server")
    server = LiveKitServer(program, tmp_path / "log")
    for name, value in {**server.env, "LKRUN_CACHE_DIR": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "a.yaml").write_text(f"agents:{AGENT.format(name='clinic')}        - '{A}'\n{DESK}")
    command = ["phone", "status", str(folder)]
    server.start()
    try:
        done = CliRunner().invoke(lkrun, command)
        monkeypatch.setenv("LIVEKIT_API_SECRET", "another secret that is long enough")
        refused = CliRunner().invoke(lkrun, command)
    finally:
        server.kill()
    assert (done.exit_code, refused.exit_code) == (1, 1)
    assert "refuses the key and secret" in refused.output
    assert "keeps no phone numbers: it runs without Redis" in done.output
    done = CliRunner().invoke(lkrun, command)
    assert done.exit_code == 1
    assert f"LiveKit at {server.url} cannot be reached" in done.output


def never_called(tmp_path, records):
    """The list of those who are never called, once there is a database."""
    if not records.exists():
        return []
    database = Database(address_of(Secret(f"sqlite:///{records}"), tmp_path))
    try:
        return opt_outs.listed(database)
    finally:
        database.close()


async def test_a_caller_by_telephone(livekit, lkrun_serve, write, phone, tmp_path):
    """The rule's room brings the agent, which knows who rang what; noise is taken out as told.

    A caller who asks not to be called is on the list while they are still talking.
    """
    await phone("apply", desk=[A])
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    site.plugin("hush", QUIET, "noise_cancellation")
    notes = {name: tmp_path / name for name in ("app", "telephone")}
    hush = "".join(
        f"  {name}_hush:\n    noise_cancellation: hush\n    with:\n      note: {note}\n"
        for name, note in notes.items()
    )
    room = (
        "    llm: brain\n    room:\n      sync_text: no\n      noise_cancellation:\n"
        "        default: app_hush\n        telephone: telephone_hush\n"
    )
    folder = VOICE.replace("    llm: brain\n", room, 1).replace(
        "providers:\n", f"providers:\n{hush}"
    )
    folder = folder.replace(
        "say: Hello there.", 'say: "From {{ caller.phone }} to {{ caller.dialled }}."'
    )
    paths = os.pathsep.join((str(site.folder), str(ROOT)))
    folder = folder.replace(
        "    tools:\n      - end_call\n", f"    tools:\n      - end_call\n{ASKED}", 1
    )
    records = tmp_path / "records.db"
    folder += f"runner:\n  records:\n    database: sqlite:///{records}\n"
    runner = lkrun_serve(write(agents=folder), PYTHONPATH=paths)
    await runner.event("ready")
    async with livekit.api() as server:
        rules = (await server.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items
    caller = Caller(livekit, "desk-call", "sip_442079460018")
    token = (
        api.AccessToken(KEY, SECRET)
        .with_identity(caller.identity)
        .with_kind("sip")
        .with_grants(api.VideoGrants(room_join=True, room=caller.room))
        .with_attributes({"sip.phoneNumber": C, "sip.trunkPhoneNumber": A, "sip.callID": "SCL_1"})
        .with_room_config(rules[0].room_config)
    )
    try:
        await caller.join(token.to_jwt())
        await caller.speak_up()
        await caller.reads(f"From {C} to {A}.")
        await caller.hears_end()
        caller.says("hello")
        await caller.until(notes["telephone"].exists, "sound that is heard through telephone_hush")
        assert not notes["app"].exists()
        await caller.writes("stop calling me")
        await caller.reads("Never again.")
        async with asyncio.timeout(15):
            while not (listed := await asyncio.to_thread(never_called, tmp_path, records)):  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.05)
        assert [(each.number, each.agent) for each in listed] == [(C, "desk")]
    finally:
        await caller.leave()
