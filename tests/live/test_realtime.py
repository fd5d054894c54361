"""A speech-to-speech model in a real room: heard, answered and handed over by LiveKit's plugin."""

from __future__ import annotations

from support.live.callers import calling
from support.realtime_session import Call, Say
from support.realtime_stub import RealtimeStub

FOLDER = """
agents:
  desk:
    start: host
    realtime: speech
personas:
  host:
    instructions: You are the host.
    greeting:
      instructions: Greet the caller.
    handoffs:
      cook:
        when: The caller wants food.
  cook:
    instructions: You are the cook.
providers:
  speech:
    realtime: openai
    with:
      api_key: key-1
      base_url: URL
"""


def answer(request):
    if not request.text:
        return Say("Good day to you, and welcome.")
    if "host" in request.instructions:
        return Call("transfer_to_cook")
    return Say(f"The cook has heard {request.text} quite well.")


async def test_a_call_is_had_by_voice(livekit, lkrun_serve, write):
    """The greeting sounds; spoken words reach the model as sound, and both sides are written."""
    with RealtimeStub(answer, hears=lambda _: "noodles") as stub:
        runner = lkrun_serve(write(agents=FOLDER.replace("URL", stub.url)))
        await runner.event("ready", within=50)
        async with calling(livekit, "desk", voice=True) as caller:
            await caller.reads("welcome")
            await caller.hears_end()
            caller.says("one two three four five")
            await caller.reads("The cook has heard noodles quite well.")
        assert stub.of("input_audio_buffer.append")
        assert len(stub.sessions) == 1
