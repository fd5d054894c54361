"""`lkrun chat`."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

BOOKING = "my name is Mary\nI need an appointment\na cleaning please\non monday\nbook it\n"

TWO = """\
agents:
  first:
    start: host
    mode: text
    llm: brain
    variables:
      guest:
        default: "{{ job.metadata.guest }}"
      house: Lotus
  second:
    start: host
    mode: text
    llm: brain
    variables:
      guest: nobody
      house: Rose
personas:
  host:
    instructions: x
    greeting:
      say: Hello {{ guest or 'stranger' }}, this is {{ house }}.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Yes.
"""


def events(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_demonstration_books_an_appointment(lkrun):
    """The demonstration remembers, hands over, asks its service and books, without a key."""
    done = lkrun("chat", "agents.d", "--format", "json", stdin=BOOKING)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    all_events = events(done)
    assert all_events[0] == {
        "turn": 0,
        "type": "message",
        "role": "agent",
        "persona": "receptionist",
        "text": "Good day, this is Sunrise Dental. How can I help you?",
    }
    calls = [e["name"] for e in all_events if e["type"] == "tool_call"]
    assert calls == ["remember", "add_treatment", "find_slots", "book_slot"]
    assert [(e["from"], e["to"]) for e in all_events if e["type"] == "handoff"] == [
        ("receptionist", "booking")
    ]
    assert "booking number 4 7 1 1" in all_events[-2]["text"]
    assert all_events[-1]["type"] == "end"


def test_a_pipe_gets_plain_lines(lkrun):
    """In a pipe are no colours and no prompts; tool calls, handoffs and variables can be seen."""
    done = lkrun("chat", "agents.d", stdin="my name is Mary\nI need an appointment\n")
    assert "\x1b" not in done.stdout
    assert "you:" not in done.stdout
    for line in (
        "  → remember(patient_name: Mary)",
        "  patient_name = Mary",
        "  ⇒ receptionist hands over to booking",
    ):
        assert line in done.stdout.splitlines()


def test_the_agent_may_be_named_with_or_without_the_folder(lkrun, folder):
    """With several agents one is named; a wrong name tells those that there are."""
    (folder / "a.yaml").write_text(TWO)
    inside = {"cwd": folder.parent}
    assert "Hello nobody, this is Rose." in lkrun("chat", "agents.d", "second", **inside).stdout
    assert "Hello nobody, this is Rose." in lkrun("chat", "second", **inside).stdout
    wrong = lkrun("chat", "agents.d", "secnd", **inside)
    assert (wrong.returncode, "did you mean 'second'?" in wrong.stderr) == (2, True)
    none = lkrun("chat", **inside)
    assert (none.returncode, "name the agent to talk with: first, second" in none.stderr) == (
        2,
        True,
    )


def test_variables_and_metadata_come_from_the_command_line(lkrun, folder):
    """`--metadata` is the job's, `--var` wins over it; an unknown or fixed one is wrong use."""
    (folder / "a.yaml").write_text(TWO)
    given = lkrun("chat", folder, "first", "--metadata", '{"guest": "Ann"}')
    assert "Hello Ann, this is Lotus." in given.stdout
    given = lkrun("chat", folder, "first", "--metadata", '{"guest": "Ann"}', "--var", "guest=Bob")
    assert "Hello Bob, this is Lotus." in given.stdout
    for pair, words in (
        ("gest=x", "did you mean 'guest'?"),
        ("house=x", "fixed value"),
        ("guest", "write name=value"),
    ):
        done = lkrun("chat", folder, "first", "--var", pair)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr


def test_a_folder_with_mistakes_prints_them(lkrun, folder):
    """Mistakes are told as `check` tells them, and nothing starts."""
    (folder / "a.yaml").write_text(TWO.replace("rules", "ruels"))
    done = lkrun("chat", folder, "first", "--format", "json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert [d["code"] for d in document["diagnostics"]] == ["E403"]


def test_a_missing_secret_is_told_before_anything_starts(lkrun, folder):
    """A secret without a value is named with the place that needs it."""
    (folder / "a.yaml").write_text(TWO.replace("Yes.", '"{{ secrets.WORDS }}"'))
    done = lkrun("chat", folder, "first")
    assert done.returncode == 1
    assert "E405" in done.stdout
    assert "the secret WORDS has no value" in done.stdout


def test_ctrl_c_on_a_terminal_ends_cleanly(tmp_path):
    """Ctrl-C at the prompt ends the conversation, says so, and exits with 130."""
    main, other = pty.openpty()
    env = {
        **os.environ,
        "LKRUN_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        "NO_COLOR": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "chat", "agents.d"],
        stdin=other,
        stdout=other,
        stderr=other,
        cwd=ROOT,
        env=env,
        start_new_session=True,
    )
    os.close(other)
    seen = ""
    try:
        while "you: " not in seen:
            seen += os.read(main, 4096).decode()
        process.send_signal(signal.SIGINT)
        while True:
            try:
                piece = os.read(main, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece.decode()
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.wait()
        os.close(main)
    assert "the conversation has ended" in seen
    assert "Traceback" not in seen
