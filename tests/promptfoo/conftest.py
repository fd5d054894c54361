"""Agents that are served, and what `lkrun promptfoo init` wrote for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import urllib.request

import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

FOLDER = """
agents:
  desk:
    mode: text
    start: greeter
    llm: brain
    variables:
      name:
        description: The caller's name
    tools:
      - remember
      - end_call
  shop:
    mode: text
    start: seller
    llm: brain
  phone:
    start: operator
    llm: brain
    stt: ears
    tts: voice
    turn_taking:
      detection: vad
personas:
  operator:
    instructions: You answer the phone.
    greeting:
      say: Good day.
    tools:
      - end_call
  greeter:
    instructions: You greet.
    greeting:
      say: Welcome to the desk.
    handoffs:
      billing:
        when: The caller asks about money.
  billing:
    instructions: You know about money.
    greeting:
      say: Billing here.
  seller:
    instructions: You sell.
providers:
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - a taxi please
        - goodbye
  voice:
    tts: espeak
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: my name is (?P<n>\\w+)
          call:
            remember:
              name: "{n}"
        - when_tool_answered: remember
          say: I will remember that.
        - when_caller_says: money
          call: transfer_to_billing
        - when_caller_says: taxi
          say: It is on its way.
        - when_caller_says: break
          fail: the model is down
        - when_caller_says: goodbye
          say: Goodbye.
          call: end_call
      otherwise: I hear you.
"""


def ask(url, method="GET"):
    """Ask the front."""
    request = urllib.request.Request(url, method=method)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
        text = answer.read()
    return json.loads(text) if text else None


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder of agents, with what `lkrun promptfoo init` wrote beside it."""
    place = tmp_path_factory.mktemp("promptfoo")
    (place / "agents.d").mkdir()
    (place / "agents.d" / "desk.yaml").write_text(textwrap.dedent(FOLDER), encoding="utf-8")
    words = ["promptfoo", "init", str(place / "agents.d"), "--output", str(place)]
    done = CliRunner().invoke(lkrun, words, standalone_mode=False)
    assert (done.exception, done.return_value) == (None, 0), done.output
    return place


@pytest.fixture(scope="module")
def runner(place, tmp_path_factory):
    """`lkrun serve` of that folder; its address."""
    env = {n: v for n, v in os.environ.items() if not n.startswith("LIVEKIT")}
    env["LKRUN_STATE_DIR"] = str(tmp_path_factory.mktemp("state"))
    words = [sys.executable, "-m", "runner", "serve", str(place / "agents.d"), "--port", "0"]
    with subprocess.Popen(
        [*words, "--log-format", "json"], env=env, cwd=place, stderr=subprocess.PIPE, text=True
    ) as process:
        events = map(json.loads, process.stderr)
        yield next(event["http"] for event in events if event["event"] == "ready")
        process.kill()


@pytest.fixture
def sessions(runner):
    """The sessions that are on."""
    return lambda: ask(f"{runner}/v1/sessions")
