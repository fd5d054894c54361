"""What is sent after calls arrives, whatever process is killed meanwhile."""

from __future__ import annotations

import csv
import signal
from pathlib import Path

import pytest
from support.command import serving
from support.waiting import until

FOLDER = """
agents:
  desk:
    mode: text
    start: host
    llm: brain
    after_call:
      extract:
        reason:
          description: Why
      send:
        csv: calls.csv
        columns:
          id: "{{ call.id }}"
          why: "{{ extract.reason }}"
          ended_by: "{{ call.ended_by }}"
personas:
  host:
    instructions: x
    tools:
      - end_call
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: "Caller:"
          call:
            extract:
              reason: a table
        - when_caller_says: bye
          call: end_call
        - when_caller_says: hello
          say: I hear you.
runner:
  data_dir: DATA
"""


@pytest.fixture
def place(tmp_path):
    """A folder of agents, and its folder for data."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "a.yaml").write_text(FOLDER.replace("DATA", str(tmp_path / "data")))
    return folder


def rows(folder):
    """What has been written: id → the rest."""
    path = folder.parent / "data" / "calls.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[1:] for row in rows}


async def test_each_call_has_its_row(place):
    """A call that the agent ends, one that is ended, and one that SIGTERM ends: each has a row."""
    async with serving(place) as runner:
        first = (await runner.turn("desk", "hello"))["session_id"]
        await runner.turn("desk", "bye", first)
        await until(lambda: first in rows(place))
        second = (await runner.turn("desk", "hello"))["session_id"]
    assert rows(place) == {first: ["a table", "end_call"], second: ["a table", "shutdown"]}


async def test_a_runner_that_is_killed_loses_nothing(place):
    """Where main is killed, the next runner sends what is known of the calls that were on."""
    async with serving(place) as runner:
        runner.ends_with = -signal.SIGKILL
        session = (await runner.turn("desk", "hello"))["session_id"]
        await until(lambda: kept(place, session))
        runner.process.kill()
    assert not rows(place)
    async with serving(place):
        await until(lambda: session in rows(place))
    assert rows(place) == {session: ["", "crashed"]}


def kept(folder: Path, session: str) -> bool:
    """Whether the disk knows of a call."""
    files = (folder.parent / "data" / "outbox").glob("outbox.db*")
    return any(session.encode() in file.read_bytes() for file in files)
