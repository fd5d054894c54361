"""What happens in a session is told to the addresses of its agent."""

from __future__ import annotations

import asyncio

import pytest
from support.address import Address
from support.command import serving

FOLDER = """
agents:
  desk:
    mode: text
    start: host
    llm: brain
    labels:
      team: front
    events:
      crm:
        url: http://127.0.0.1:PORT/crm
      pager:
        url: http://127.0.0.1:PORT/pager
        types:
          - error
          - session_ended
personas:
  host:
    instructions: x
    greeting:
      say: Hello.
    tools:
      - note
      - end_call
    handoffs:
      other:
        when: They ask for it.
  other:
    instructions: y
    greeting:
      say: I am the other.
    tools:
      - end_call
tools:
  note:
    description: Notes it.
    parameters:
      word:
        type: text
    answer: "{{ args.word }} is noted."
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: note
          call:
            note:
              word: tea
        - when_caller_says: other
          call: transfer_to_other
        - when_caller_says: bye
          call: end_call
      otherwise: Hm.
runner:
  data_dir: DATA
  network:
    allow:
      - 127.0.0.1:PORT
"""


@pytest.fixture
def address():
    """An address of this machine."""
    made = Address()
    yield made
    made.close()


async def test_a_dialogue_is_told_from_its_beginning_to_its_end(tmp_path, address):
    """In order: that it has begun, what was said and done, a handoff, and how it ended."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    text = FOLDER.replace("PORT", str(address.port)).replace("DATA", str(tmp_path / "data"))
    (folder / "a.yaml").write_text(text)
    async with serving(folder) as runner:
        session = (await runner.turn("desk", "note it"))["session_id"]
        await runner.turn("desk", "the other one", session)
        await runner.turn("desk", "bye", session)
        for path in ("/crm", "/pager"):
            await asyncio.to_thread(address.until, path, "session_ended")
    crm = [body for path, body in address.got if path == "/crm"]
    assert [body["type"] for body in crm][:5] == [
        "session_started", "transcript", "transcript", "tool_called", "transcript",
    ]  # fmt: skip
    assert {body["data"]["session_id"] for body in crm} == {session}
    assert {body["data"]["labels"]["team"] for body in crm} == {"front"}
    by_type = {body["type"]: body["data"] for body in reversed(crm)}
    assert by_type["tool_called"]["arguments"] == {"word": "tea"}
    assert by_type["tool_called"]["output"] == "tea is noted."
    assert (by_type["handoff"]["from"], by_type["handoff"]["to"]) == ("host", "other")
    assert by_type["session_ended"]["reason"] == "end_call"
    assert by_type["session_ended"]["turns"] == 3
    pager = [body["type"] for path, body in address.got if path == "/pager"]
    assert pager == ["session_ended"]
