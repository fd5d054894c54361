"""`lkrun records`: what happened in calls, as a person asks for it."""

from __future__ import annotations

import json

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


def kept(data, session):
    """Keep a call of which there is a file."""
    began = note(
        notes.BEGAN, 100.0, id=session, kind="call", agent="desk", release="r-1", room="room",
        persona="host", labels={}, keep=None,
    )  # fmt: skip
    said = {"type": "message", "role": "user", "text": "hello", "turn": 1, "persona": "host"}
    read = entry.read([began, note(notes.EVENT, 101.0, event=said),
                       note(notes.ENDED, 102.0, reason="caller_left")])  # fmt: skip
    part = sound_files.unfinished(data, session)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"OggS" * 3)
    read.row["audio"] = sound_files.take(data, session)
    database = Database(address_of(Secret("sqlite:///records.db"), data))
    store.save(database, [read])
    database.close()


def test_sound_is_exported_with_the_records(lkrun, tmp_path):
    """Each record is a line, and beside them stands the sound of each that has one."""
    folder, data = tmp_path / "agents.d", tmp_path / "data"
    folder.mkdir()
    (folder / "a.yaml").write_text(FOLDER.replace("DATA", str(data)))
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
