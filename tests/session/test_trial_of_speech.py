"""A provider that hears and speaks is tried with one short reply."""

from __future__ import annotations

import pytest
from support.realtime_session import Fail, Say
from support.realtime_stub import RealtimeStub

from runner.session.models.trial import named, tried

FOLDER = """
agents:
  desk:
    start: host
    realtime: speech
personas:
  host:
    instructions: Help.
providers:
  speech:
    realtime: openai
    with:
      api_key: sk-very-secret
      base_url: URL
"""
NO_MONEY = Fail("no money", "insufficient_quota", "insufficient_quota")


@pytest.mark.parametrize(
    ("answer", "error"),
    [(Say("OK."), None), (NO_MONEY, "insufficient_quota")],
)
async def test_one_reply_is_asked_for(load, answer, error):
    """It has answered with its first word, or its error is told without the key."""
    with RealtimeStub(lambda _: answer) as stub:
        release = load(FOLDER.replace("URL", stub.url))
        (trial,) = await tried(named({"desk": release}), lambda _: None)
    assert (trial.kind, trial.provider) == ("realtime", "speech")
    assert (trial.error is None) is (error is None)
    assert error is None or error in trial.error
    assert "sk-very-secret" not in str(trial.to_data())
