"""`lkrun deliveries`: messages about jobs of external agents, as a person looks after them."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.fake_livekit import KEY, SECRET, FakeLiveKit

from runner.cli import deliveries
from runner.delivery.letters import Letter
from runner.delivery.spool import Spool

FOLDER = """
external_agents:
  guide:
    webhook_url: https://agents.example/livekit
    secret: "{{ secrets.GUIDE }}"
runner:
  data_dir: DATA
"""
SPEC = {"webhook_url": "https://agents.example/livekit", "secret": ["{{ secrets.GUIDE }}"]}
ASKED = {
    "type": "agent.job.requested", "job_id": "AJ_1", "agent_name": "guide",
    "job_type": "JT_ROOM", "room": {"name": "hall"},
}  # fmt: skip
ENDED = {
    "type": "agent.job.ended", "job_id": "AJ_1", "agent_name": "guide", "room_name": "hall",
    "status": "failed", "error": "no model",
}  # fmt: skip


@pytest.fixture
def agents(tmp_path, monkeypatch):
    """A folder with one letter of each state."""
    folder, data = tmp_path / "agents.d", tmp_path / "data"
    folder.mkdir()
    (folder / "a.yaml").write_text(FOLDER.replace("DATA", str(data)))
    for name in ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GUIDE", "whsec_" + "c2l4dGVlbiBhbmQgbW9yZSBieXRlcyBhcmUgaGVyZQ==")
    spool, url = Spool(data), SPEC["webhook_url"]
    asked = Letter("msg_AJ_1_requested", "AJ_1", "guide", ASKED["type"], url, SPEC, ASKED)
    spool.put_letter(asked.came_to("given_up", 4, "it answered with status 503"))
    told = Letter("msg_AJ_1_ended", "AJ_1", "guide", ENDED["type"], url, SPEC, ENDED)
    spool.put_letter(told.came_to("sent", 1, ""))
    spool.close()
    return folder


@pytest.fixture
def run(agents, capsys):
    """Runs the command in this process; its exit code and what it printed."""

    def run(verb, *arguments):
        command = deliveries.deliveries.commands[verb]
        code = command.main([*arguments, str(agents)], standalone_mode=False)
        return code, capsys.readouterr().out

    return run


def test_letters_are_listed_with_what_came_of_them(run):
    """The newest first, each with its id, its address, its state and why."""
    code, text = run("list")
    assert code == 0
    given_up = next(line for line in text.splitlines() if "msg_AJ_1_requested" in line)
    assert "guide  job https://agents.example/livekit  given up (4 attempts)" in given_up
    assert given_up.endswith("it answered with status 503")
    _, document = run("list", "--format", "json")
    listed = {each["id"]: each for each in json.loads(document)}
    assert listed["msg_AJ_1_ended"]["state"] == "sent"
    assert listed["msg_AJ_1_requested"] | {"error": ""} == {
        "id": "msg_AJ_1_requested", "kind": "job", "agent": "guide", "session_id": None,
        "job_id": "AJ_1", "webhook_id": "msg_AJ_1_requested", "state": "given_up", "attempts": 4,
        "url": SPEC["webhook_url"], "target": SPEC["webhook_url"], "error": "",
    }  # fmt: skip


def test_a_letter_is_shown_in_words(run):
    """Which message, of which job, in which room, and how it ended."""
    code, text = run("show", "msg_AJ_1_ended")
    assert code == 0
    told = [line.strip() for line in text.splitlines()[1:]]
    assert told == [
        "message: agent.job.ended", "job: AJ_1", "room: hall", "status: failed",
        "error: no model",
    ]  # fmt: skip
    _, document = run("show", "msg_AJ_1_requested", "--format", "json")
    assert json.loads(document)["event"] == ASKED


def test_a_letter_nobody_knows_is_said_to_be_none(run):
    """An id that is mistyped names the command that lists them."""
    for verb in ("show", "replay"):
        assert run(verb, "msg_x")[0] == 1


def test_without_livekit_a_replay_says_what_it_does_not_know(run):
    """The runner finds out whether somebody waits there still; the letter is to be tried."""
    code, text = run("replay", "msg_AJ_1_requested")
    assert code == 0
    assert "by the runner that serves the folder, or by the next" in text
    assert "whether somebody waits in its room is not known here: LiveKit is not configured" in text
    code, text = run("replay", "msg_AJ_1_requested", "--format", "json")
    assert (code, json.loads(text)["result"]) == (1, "unchanged")
    assert json.loads(text)["message"].endswith("it is tried again by itself")


def test_what_was_sent_is_not_sent_again(run):
    """A letter that has arrived stays as it is."""
    code, text = run("replay", "msg_AJ_1_ended")
    assert (code, text.strip()) == (1, "msg_AJ_1_ended is not sent again: it was sent")


@pytest.mark.parametrize("there", [True, False])
async def test_livekit_is_asked_for_the_room(run, monkeypatch, there):
    """A job whose room is gone is not offered again; one whose caller waits is."""
    livekit = FakeLiveKit()
    await livekit.start()
    if there:
        livekit.room("hall")
    monkeypatch.setenv("LIVEKIT_URL", livekit.url)
    monkeypatch.setenv("LIVEKIT_API_KEY", KEY)
    monkeypatch.setenv("LIVEKIT_API_SECRET", SECRET)
    code, text = await asyncio.to_thread(run, "replay", "msg_AJ_1_requested")
    await livekit.stop()
    if there:
        assert code == 0
        assert "not known" not in text
    else:
        assert code == 1
        assert "is not sent again: its room hall is gone, and nobody waits in it" in text
