"""`lkrun chat --with-reload`: a conversation that goes on with what is saved."""

from __future__ import annotations

import os
import pty

import pytest

ONE = """\
agents:
  desk:
    start: host
    mode: text
    llm: brain
    room:
      delete_on_close: no
personas:
  host:
    instructions: x
    greeting:
      say: Welcome.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: The first answer.
      otherwise: What?
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with one agent."""
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "a.yaml").write_text(ONE)
    return tmp_path / "f"


@pytest.fixture
def chat(follow, folder):
    """The conversation of a program."""
    return follow(folder)


def save(folder, old, new):
    """Save the file with other words."""
    text = (folder / "a.yaml").read_text()
    assert old in text
    (folder / "a.yaml").write_text(text.replace(old, new))


def test_the_next_turn_has_what_was_saved(chat, folder):
    """No greeting again; what is live and what waits is told."""
    assert chat.until(type="message")["text"] == "Welcome."
    chat.say("hello")
    chat.until(text="The first answer.")
    save(folder, "first answer", "second answer")
    reload = chat.until(type="reload")
    assert (reload["result"], reload["waiting"], reload["kept"]) == ("ok", [], None)
    assert reload["live"] == ["providers.brain.with.rules[0].say"]
    chat.say("hello")
    chat.until(text="The second answer.")
    save(folder, "delete_on_close: no", "delete_on_close: yes")
    assert chat.until(type="reload")["waiting"] == ["agents.desk.room.delete_on_close"]
    rest, code = chat.ends()
    assert ([e["type"] for e in rest], code) == (["end"], 0)


def test_a_broken_file_changes_nothing(chat, folder):
    """The mistakes are told, and the conversation goes on as it was."""
    chat.until(text="Welcome.")
    save(folder, "start: host", "start: nobody")
    reload = chat.until(type="reload")
    assert (reload["result"], reload["diagnostics"][0]["code"]) == ("rejected", "E202")
    chat.say("hello")
    chat.until(text="The first answer.")


def test_an_agent_that_goes_ends_no_conversation(chat, folder):
    """Why it goes on as it was is told."""
    chat.until(text="Welcome.")
    save(folder, "  desk:", "  front:")
    assert chat.until(type="reload")["kept"] == "there is no agent 'desk' any more"
    chat.say("hello")
    chat.until(text="The first answer.")


def test_what_a_conversation_cannot_take_is_told(chat, folder):
    """Here the persona that speaks is gone."""
    chat.until(text="Welcome.")
    save(folder, "start: host", "start: guide")
    (folder / "a.yaml").write_text(
        (folder / "a.yaml").read_text().replace("personas:\n  host:", "personas:\n  guide:")
    )
    kept = None
    while kept is None:  # both may be seen at once or one after the other
        kept = chat.until(type="reload").get("kept")
    assert "host" in kept
    chat.say("hello")
    chat.until(text="The first answer.")


def test_a_person_sees_it_above_the_line_that_is_typed(start_chat, folder):
    """The prompt, and what was typed, stand there again below the news."""
    main, other = pty.openpty()
    start_chat(folder, stdin=other, stdout=other, stderr=other, start_new_session=True)
    os.close(other)
    seen = ""

    def until(words):
        nonlocal seen
        while words not in seen:
            seen += os.read(main, 4096).decode()
        before, _, seen = seen.partition(words)
        return before

    until("you: ")
    os.write(main, b"hel")
    until("hel")
    save(folder, "first answer", "second answer")
    until("reloaded: now serving release ")
    until("you: hel")
    os.write(main, b"lo\r")
    until("host: The second answer.")
    os.close(main)
