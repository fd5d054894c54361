"""Rooms that agents join by themselves, and what is heard and pressed in them."""

from __future__ import annotations

import signal

import aiohttp
from support.live.callers import Caller, calling
from support.live.folders import TEXT, VOICE
from support.live.sound import loud

EVERY_ROOM = TEXT.replace(
    "    start: north_desk\n", "    start: north_desk\n    dispatch:\n      mode: automatic\n"
)
EACH_PUBLISHER = VOICE.replace(
    "    start: desk\n", "    start: desk\n    dispatch:\n      per: publisher\n"
)


async def token(runner, room):
    """A token of the front for a room."""
    url = f"{runner.http}/token?agent=north&room={room}"
    async with aiohttp.ClientSession() as session, session.post(url) as reply:
        return (await reply.json())["participant_token"]


async def test_an_agent_joins_every_new_room(livekit, lkrun_serve, write):
    """Nobody calls it: it comes by itself, once, and by its own name."""
    runner = lkrun_serve(write(agents=EVERY_ROOM))
    await runner.event("ready", within=60.0)
    caller = await Caller(livekit, "any-room", "by-itself").join(await token(runner, "any-room"))
    try:
        await caller.reads("North desk.")
        await caller.writes("number 7")
        await caller.reads("I have number 7.")
        await caller.meets_agent()
        assert len(caller.agents) == 1
    finally:
        await caller.leave()


async def test_an_agent_for_each_publisher(livekit, lkrun_serve, write):
    """Two who speak in one room have an agent each, which talks with its own caller alone."""
    runner = lkrun_serve(write(agents=EACH_PUBLISHER))
    await runner.event("ready", within=60.0)
    async with calling(livekit, "desk", room="two") as first:
        await first.speak_up()
        await first.until(lambda: len(first.agents) == 1, "the first one's agent")
        await first.reads("Hello there.")
        async with calling(livekit, "desk", room="two") as second:
            await second.speak_up()
            await first.until(lambda: len(first.agents) == 2, "an agent for each", within=20)
            await second.reads("Hello there.")  # before that nobody reads what is written
            await second.writes("number 5")
            await second.reads("Number 5.")
            assert second.told.count("Number 5.") == 1


EACH_WRITTEN_DOWN = """
agents:
  desk:
    mode: transcribe
    stt: ears
    dispatch:
      per: publisher
    after_call:
      send:
        - csv: talks.csv
          columns:
            who: "{{ caller.identity }}"
            words: "{{ call.transcript }}"

providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
        - thank you goodbye
"""


async def test_what_each_publisher_says_is_written_down(livekit, lkrun_serve, write, tmp_path):
    """Words reach the room as text and the row of each call; nobody answers, nothing sounds."""
    data = tmp_path / "data"
    runner = lkrun_serve(write(agents=EACH_WRITTEN_DOWN + f"runner:\n  data_dir: {data}\n"))
    await runner.event("ready", within=60.0)
    async with calling(livekit, "desk", room="minutes") as first:
        await first.speak_up()
        await first.until(lambda: len(first.agents) == 1, "the first one's agent")
        first.says("thank you goodbye")
        await first.until(
            lambda: any(line.final and "goodbye" in line.text for line in first.lines), "the words"
        )
        assert not any(agent.track_publications for agent in first.agents)
        assert not first.told
        who = first.identity
    await runner.event("session_ended")
    runner.send(signal.SIGTERM)
    assert await runner.ended(within=20) == 0
    head, row = (data / "talks.csv").read_text().splitlines()
    assert head == "who,words"
    assert row == f"{who},Caller: thank you goodbye"


KEYS = VOICE.replace(
    "    tools:\n      - end_call\n",
    """\
    tools:
      - end_call
    keypad:
      "1":
        say: You have pressed one.
      "2":
        press_keys: 34#
""",
)


async def test_keys_are_pressed_both_ways(livekit, lkrun_serve, write):
    """Tones of the caller reach the keypad, and those of the agent reach the caller."""
    runner = lkrun_serve(write(agents=KEYS))
    await runner.event("ready", within=60.0)
    async with calling(livekit, "desk") as caller:
        await caller.speak_up()
        heard = []
        caller.client.on("sip_dtmf_received", lambda tone: heard.append(tone.digit))
        caller.client.on("sip_dtmf_received", lambda _: caller._news.set())
        await caller.reads("Hello there.")
        await caller.client.local_participant.publish_dtmf(code=1, digit="1")
        await caller.reads("You have pressed one.")
        await caller.client.local_participant.publish_dtmf(code=2, digit="2")
        await caller.until(lambda: "".join(heard) == "34#", "the agent's keys")


AFTER = VOICE.replace(
    "    turn_taking:\n",
    """\
    after_call:
      send:
        - csv: calls.csv
          columns:
            why: "{{ call.ended_by }}"
            said: "{{ call.transcript }}"
    turn_taking:
""",
)


async def test_what_is_sent_after_a_call(livekit, lkrun_serve, write, tmp_path):
    """A call in a room leaves its row, with what both have said and why it ended."""
    data = tmp_path / "data"
    folder = write(agents=AFTER + f"runner:\n  data_dir: {data}\n")
    runner = lkrun_serve(folder)
    await runner.event("ready", within=60.0)
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        await caller.writes("goodbye")
        await caller.reads("Goodbye.")
        await caller.sees_end()
    await runner.event("session_ended")
    runner.send(signal.SIGTERM)
    assert await runner.ended(within=20) == 0
    head, *rows = (data / "calls.csv").read_text().splitlines()
    assert head == "why,said"
    text = "\n".join(rows)
    assert text.startswith("end_call,")
    assert "Agent: Hello" in text  # the rest may have been cut short by what was written
    assert "Caller: goodbye" in text


SOUND = VOICE.replace(
    "    turn_taking:\n",
    """\
    background_audio:
      ambient:
        sound: hold_music
        volume: 0.8
    turn_taking:
""",
).replace("say: Hello there.", "play: keyboard")


async def test_sounds_are_heard_in_a_room(livekit, lkrun_serve, write):
    """The background is heard in a track of its own, while nobody speaks."""
    runner = lkrun_serve(write(agents=SOUND))
    await runner.event("ready", within=60.0)
    async with calling(livekit, "desk") as caller:
        agent = await caller.meets_agent()
        await caller.until(
            lambda: any(p.name == "background_audio" for p in agent.track_publications.values()),
            "the background's track",
        )
        await caller.hears(within=20)
        assert loud(caller.sound)
