"""An avatar in a real room: LiveKit's `bey` plugin asks a stand-in of its service for a face."""

from __future__ import annotations

import numpy as np
from livekit import rtc
from support.live.avatars import KEY, Avatars
from support.live.callers import calling
from support.live.folders import VOICE
from support.live.sound import loud

FACE = """
  face:
    avatar: bey
    with:
      api_key: "{{ secrets.FACES }}"
      api_url: URL
      avatar_id: ann
      avatar_participant_identity: ann
"""


def folder(service):
    text = VOICE.replace("    llm: brain\n", "    llm: brain\n    avatar: face\n", 1)
    return text + FACE.strip("\n").replace("URL", service.url) + "\n"


def tracks(participant, kind):
    return [t for t in participant.track_publications.values() if t.kind == kind]


def voices(caller):
    """Who speaks in the room: identities of agents with a track of sound."""
    return {p.identity for p in caller.agents if tracks(p, rtc.TrackKind.KIND_AUDIO)}


async def test_the_avatar_speaks_for_the_agent(livekit, lkrun_serve, write):
    """It joins with a picture, takes all that the agent says, and leaves with the agent."""
    async with Avatars() as service:
        runner = lkrun_serve(write(agents=folder(service)), FACES=KEY)
        await runner.event("ready", within=50)
        async with calling(livekit, "desk", voice=True) as caller:
            await caller.reads("Hello there.")
            await caller.hears_end()
            (face,) = service.faces
            assert loud(np.concatenate(face.heard))
            assert voices(caller) == {"ann"}
            (ann,) = [p for p in caller.agents if p.identity == "ann"]
            assert tracks(ann, rtc.TrackKind.KIND_VIDEO)
            heard = caller.mark()
            await caller.writes("number 7")
            await caller.reads("Number 7.")
            await caller.hears_end(heard)
        assert (await runner.event("session_ended"))["reason"] == "caller_left"
    (request,) = service.asked
    assert (request["avatar_id"], request["url"]) == ("ann", livekit.url)


async def test_a_call_goes_on_without_it(livekit, lkrun_serve, write):
    """A service that refuses is told in the log, and the agent speaks itself."""
    async with Avatars(refuses=402) as service:
        runner = lkrun_serve(write(agents=folder(service)), FACES=KEY)
        await runner.event("ready", within=50)
        async with calling(livekit, "desk", voice=True) as caller:
            await caller.reads("Hello there.")
            await caller.hears_end()
            (agent,) = caller.agents
            assert voices(caller) == {agent.identity}
    lines = [line for line in runner.lines if "avatar" in line]
    assert "the avatar 'face' cannot be seen" in lines[0]
    assert KEY not in "".join(runner.lines)


async def test_it_leaves_in_the_middle(livekit, lkrun_serve, write):
    """Where it leaves, the agent speaks itself from then on, and the call ends with its caller."""
    async with Avatars() as service:
        runner = lkrun_serve(write(agents=folder(service)), FACES=KEY)
        await runner.event("ready", within=50)
        async with calling(livekit, "desk", voice=True) as caller:
            await caller.reads("Hello there.")
            await caller.hears_end()
            await service.leave()
            await caller.until(lambda: len(caller.agents) == 1, "the avatar's leaving")
            heard = caller.mark()
            await caller.writes("number 7")
            await caller.reads("Number 7.")
            await caller.hears_end(heard)
            assert voices(caller) == {caller.agents[0].identity}
        assert (await runner.event("session_ended"))["reason"] == "caller_left"
