"""`lkrun records`: what happened in calls, as a person asks for it."""

from __future__ import annotations

import json

import pytest

from runner.records import entry, notes, sound_files, store
from runner.records.address import address_of
from runner.records.database import Database
from runner.records.notes import note
from runner.secret import Secret

FOLDER = """
agents:
  desk:
    mode: text
    start: host
    llm: openai/gpt-4.1-mini
personas:
  host:
    instructions: x
runner:
  data_dir: DATA
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of agents whose data are beside it."""
    made = tmp_path / "agents.d"
    made.mkdir()
    (made / "a.yaml").write_text(FOLDER.replace("DATA", str(tmp_path / "data")))
    return made


def save(data, read):
    """Keep what is read of notes."""
    database = Database(address_of(Secret("sqlite:///records.db"), data))
    store.save(database, [read])
    database.close()


def kept(data, session, happened=()):
    """Keep a call of which there is a file."""
    began = note(
        notes.BEGAN, 100.0, id=session, kind="call", agent="desk", release="r-1", room="room",
        persona="host", labels={}, keep=None,
    )  # fmt: skip
    said = {"type": "message", "role": "user", "text": "hello", "turn": 1, "persona": "host"}
    read = entry.read([began, note(notes.EVENT, 101.0, event=said), *happened,
                       note(notes.ENDED, 102.0, reason="caller_left")])  # fmt: skip
    part = sound_files.unfinished(data, session)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"OggS" * 3)
    read.row["audio"] = sound_files.take(data, session)
    save(data, read)


BESIDE = (
    ({"type": "intent", "name": "opening"}, "intent: opening"),
    ({"type": "event", "name": "paid", "arguments": {"by": "card"}}, 'event: paid({"by": "card"})'),
    ({"type": "app", "role": "user", "name": "show"}, "app: show"),
    ({"type": "keypad", "role": "user", "keys": "12#"}, "Caller pressed 12#"),
    ({"type": "keypad", "role": "user", "keys": None}, "Caller pressed keys that are private"),
    ({"type": "language", "from": None, "to": "vi"}, "language: vi"),
    ({"type": "sound", "name": "ring"}, "sound: ring"),
    ({"type": "opt_out", "number": None}, "never to be called: without a number"),
    ({"type": "dial", "to": "+842412345678", "outcome": "busy"}, "called +842412345678: busy"),
    (
        {"type": "transfer", "to": "desk", "state": "failed", "reason": "busy"},
        "passed on to desk: busy",
    ),
)


def test_all_that_happens_is_shown(lkrun, folder, tmp_path):
    """Each in words, in the order of the call."""
    happened = [note(notes.EVENT, 101.0, event={"turn": 1} | each) for each, _ in BESIDE]
    kept(tmp_path / "data", "AJ_1", happened)
    shown = lkrun("records", "show", "AJ_1", folder)
    assert shown.returncode == 0, shown.stderr
    words = [line.split("  ")[-1] for line in shown.stdout.splitlines()]
    assert words[1:] == ["Caller: hello", *(words for _, words in BESIDE)]


def test_what_is_kept_beside_calls_is_shown(lkrun, folder, tmp_path):
    """An interaction of another system, with what was said; its line has no length of a call."""
    about = {"user_id": "mai", "input": "open?", "output": "yes"}
    alone = note(
        notes.ALONE, 100.0, id="interaction_1", kind="interaction", agent="desk", release="r-1",
        labels={}, keep=None, outcome="logged", about=about, user_id="mai",
    )  # fmt: skip
    save(tmp_path / "data", entry.read([alone]))
    shown = lkrun("records", "show", "interaction_1", folder).stdout.splitlines()
    assert shown[0].split("  ")[1:] == ["interaction_1", "desk", "interaction", "mai", "logged"]
    assert shown[1:] == ["  user_id: mai", "  input: open?", "  output: yes"]


def test_without_a_command_they_are_listed(lkrun, folder, tmp_path):
    """With the options of a list; a command that is not there is told."""
    kept(tmp_path / "data", "AJ_1")
    listed = lkrun("records", "--format", "json", cwd=folder.parent)
    assert [each["id"] for each in json.loads(listed.stdout)] == ["AJ_1"]
    for words, said in (("shw", "there is no command 'shw'; did you mean 'show'?"), ("-h", "show")):
        done = lkrun("records", words)
        assert said in done.stdout + done.stderr


def test_sound_is_exported_with_the_records(lkrun, folder, tmp_path):
    """Each record is a line, and beside them stands the sound of each that has one."""
    data = tmp_path / "data"
    for session in ("AJ_1", "AJ_2"):
        kept(data, session)
    sound_files.place(data, "AJ_2.ogg").unlink()
    sounds = tmp_path / "sounds"
    done = lkrun("records", "export", folder, "--audio", sounds)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["id"]: line["audio"] for line in lines} == {"AJ_1": True, "AJ_2": True}
    assert {each.name: each.read_bytes() for each in sounds.iterdir()} == {"AJ_1.ogg": b"OggS" * 3}
    (tmp_path / "file").write_text("x")
    refused = lkrun("records", "export", folder, "--audio", tmp_path / "file" / "below")
    assert refused.returncode != 0
    assert "cannot be written" in refused.stderr
    assert "Traceback" not in refused.stderr
