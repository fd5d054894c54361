"""`lkrun chat` for a person at a terminal."""

from __future__ import annotations

import os
import pty
import termios
import tty

import pytest
from support.terminal import Terminal

from runner.cli.talk import screen

DESK = """\
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      guest:
        description: The name.
      nights:
        type: number
        default: 2
personas:
  host:
    instructions: x
    greeting:
      say: Welcome.
    tools:
    - end_call
providers:
  brain:
    llm: script
    with:
      rules:
      - when_caller_says: long
        say: {long}
      - when_caller_says: bye
        call: end_call
      otherwise: I hear you.
"""
LONG = "All rooms look over the harbour, and breakfast is served from seven until half past ten."


@pytest.fixture
def chat(tmp_path):
    """Starts `lkrun chat` on a terminal; a second start has the history of the first."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "desk.yaml").write_text(DESK.format(long=LONG))
    running = []

    def start(*options, env=None, columns=80):
        plain = {"LKRUN_CACHE_DIR": str(tmp_path / "cache"), "NO_COLOR": "1"}
        running.append(
            Terminal("chat", str(folder), *options, env={**plain, **(env or {})}, columns=columns)
        )
        running[-1].until("you: ")
        return running[-1]

    yield start
    for each in running:
        each.close()


def test_ctrl_c_clears_a_half_written_line_first(chat):
    """The line goes, the conversation stays; on an empty line Ctrl-C leaves with 130."""
    talk = chat()
    talk.type("half a sen")
    talk.until("sen")
    talk.type("\x03hello\r")
    talk.until("host: I hear you.")
    talk.until("you: ")
    talk.type("\x03")
    assert talk.ends() == 130
    assert "(caller_left)" in talk.text
    assert "half a senhello" not in talk.text


def test_a_signal_does_the_same_as_the_key(chat):
    """Whoever sends the signal of Ctrl-C clears the line, and leaves by the second one."""
    talk = chat()
    talk.type("half")
    talk.until("half")
    talk.interrupt()
    talk.until("\x1b[4D")  # the four letters are taken back: keys and signals have no common order
    talk.type("hello\r")
    talk.until("host: I hear you.")
    talk.until("you: ")
    talk.interrupt()
    assert talk.ends() == 130


def test_words_wrap_between_words(chat):
    """No word of the agent is cut at the edge of the terminal."""
    talk = chat(columns=40)
    talk.type("long\r")
    talk.until("ten.")
    lines = talk.text[talk.text.index("host: All") :].splitlines()[:4]
    assert max(map(len, lines)) <= 40
    assert " ".join(part.strip() for part in lines).startswith(f"host: {LONG[:80]}")


def test_commands_are_for_lkrun(chat):
    """`/vars` shows what has no value too, `/help` and a wrong command what there is."""
    talk = chat()
    talk.type("/vars\r")
    talk.until("  guest = not known yet")
    talk.until("  nights = 2")
    talk.type("/help\r")
    for name in ("/again", "/help", "/quit", "/vars"):
        talk.until(f"  {name}  ")
    talk.type("/vras\r")
    talk.until("there is no command /vras; did you mean '/vars'?")
    assert "I hear you." not in talk.text
    talk.type(" /vars\r")
    talk.until("host: I hear you.")
    talk.type("/quit\r")
    assert talk.ends() == 0


def test_again_begins_anew(chat):
    """The conversation ends, and another one greets."""
    talk = chat()
    talk.type("/again\r")
    talk.until("the conversation has ended (caller_left)")
    talk.until("host: Welcome.")
    talk.type("hello\r")
    talk.until("host: I hear you.")
    talk.type("\x04")
    assert talk.ends() == 0


def test_what_is_written_while_the_agent_answers_waits(chat):
    """Lines queue, each is a turn, in their order."""
    talk = chat()
    talk.type("long\rhello\rbye\r")
    talk.until("ten.")
    talk.until("host: I hear you.")
    assert talk.ends() == 0
    assert "(end_call)" in talk.text


def test_who_is_silent_is_asked(chat, tmp_path):
    """`idle` runs as in a call, above the line that is being typed; `--no-idle` leaves it out."""
    file = tmp_path / "agents.d" / "desk.yaml"
    idle = "    idle:\n      after: 300ms\n      say: Still there?\n"
    ends = "      then:\n        end_call: Bye.\n"
    file.write_text(file.read_text().replace("personas:", f"{idle}{ends}personas:"))
    talk = chat()
    talk.type("half a sen")
    talk.until("host: Still there?")
    talk.until("you: half a sen")
    talk.until("host: Bye.")
    assert talk.ends() == 0
    assert "(end_call)" in talk.text
    patient = chat("--no-idle")
    patient.type("hello\r")
    patient.until("host: I hear you.")
    patient.type("/quit\r")
    patient.ends()
    assert "Still there?" not in patient.text


def test_the_history_is_kept_over_runs(chat, tmp_path):
    """Arrow-up brings back what was written in the run before; only its owner can read it."""
    first = chat()
    first.type("do you have a room\r")
    first.until("host: I hear you.")
    first.type("\x04")
    first.ends()
    second = chat()
    second.type("\x1b[A")
    second.until("do you have a room")
    second.type("\r")
    second.until("host: I hear you.")
    assert (tmp_path / "cache" / "chat-history").stat().st_mode & 0o777 == 0o600


def test_the_terminal_itself_never_takes_a_key():
    """What is written above the line does not give the keyboard back, not for a moment."""
    main, other = pty.openpty()
    with os.fdopen(other) as stream:
        keyboard = screen._input(stream)
        with keyboard.raw_mode(), keyboard.cooked_mode():
            assert not termios.tcgetattr(other)[tty.LFLAG] & termios.ICANON
    os.close(main)


def test_without_a_place_for_a_history_it_talks_all_the_same(chat, tmp_path):
    """A cache folder that cannot be made is no reason not to talk."""
    (tmp_path / "file").write_text("")
    talk = chat(env={"LKRUN_CACHE_DIR": str(tmp_path / "file" / "cache")})
    talk.type("hello\r")
    talk.until("host: I hear you.")


def test_the_end_of_the_conversation_ends_the_line(chat):
    """Where the agent hangs up, nobody has to press a key."""
    talk = chat()
    talk.type("bye\r")
    assert talk.ends() == 0
    assert talk.text.rstrip().splitlines()[-1] == "  the conversation has ended (end_call)"


def test_a_terminal_without_colours_gets_none(chat):
    """`NO_COLOR` leaves only what moves the cursor; `--color always` wins over it."""
    talk = chat()
    talk.type("hello\r")
    talk.until("host: I hear you.")
    assert "\x1b[1m" not in talk.seen
    assert "\x1b[2m" not in talk.seen
    talk = chat("--color", "always")
    assert "\x1b[1mhost: \x1b[0mWelcome." in talk.seen
