"""Keys that need LiveKit Cloud, by the address of LiveKit."""

from __future__ import annotations

import pytest

FOLDER = """
agents:
  desk:
    start: host
    llm: openai/gpt-4.1-mini
    stt: deepgram/nova-3
    tts: cartesia/sonic-3
    turn_taking:
      interruptions:
        how: adaptive
personas:
  host:
    instructions: You answer the phone.
"""


@pytest.mark.parametrize(
    ("env", "told_of"),
    [
        ({}, 0),
        ({"LIVEKIT_URL": "wss://sunrise-4711.livekit.cloud"}, 0),
        ({"LIVEKIT_URL": "ws://127.0.0.1:7880"}, 1),
        ({"LIVEKIT_URL": "wss://livekit.cloud.sunrise.example"}, 1),
        ({"LIVEKIT_URL": "wss://[broken"}, 0),
        ({"LIVEKIT_URL": "not an address"}, 0),
    ],
)
def test_the_environment_says_where_livekit_is(mistakes_in, env, told_of):
    """A server that is not the Cloud's is warned of; where nobody knows, nothing is said."""
    codes = [code for code, *_ in mistakes_in(FOLDER, env=env)]
    assert codes.count("W212") == told_of


@pytest.mark.parametrize(("url", "told_of"), [("wss://sunrise.livekit.cloud", 0), ("", 1)])
def test_the_folder_goes_before_the_environment(mistakes_in, url, told_of):
    """What `runner.livekit.url` says holds; with a template nobody knows before the start."""
    runner = f"runner:\n  livekit:\n    url: {url or 'ws://sunrise.example'}\n"
    env = {"LIVEKIT_URL": "wss://other.livekit.cloud" if not url else "ws://127.0.0.1"}
    codes = [code for code, *_ in mistakes_in(FOLDER + runner, env=env)]
    assert codes.count("W212") == told_of
