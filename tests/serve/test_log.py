"""The log, for people and for programs."""

import io
import json
import logging
import pickle

import pytest

from runner.serve.floods import Floods
from runner.serve.log import Handler, Log, route


@pytest.fixture
def stream():
    """What is written."""
    return io.StringIO()


@pytest.fixture
def routed():
    """Put Python's logging back as it was."""
    root = logging.getLogger()
    names = ("", "livekit", "httpx", "httpcore", "asyncio", "aiohttp.access", "watchfiles")
    before = root.handlers[:], {n: logging.getLogger(n).level for n in names}
    yield
    root.handlers = before[0]
    logging.captureWarnings(capture=False)
    for name, level in before[1].items():
        logging.getLogger(name).setLevel(level)


def test_json_is_one_object_a_line(stream):
    """Each event has `ts`, `level`, `event` and its own fields."""
    log = Log("info", "json", stream)
    log.event("ready", "ready: now", agents=["a"], release="r")
    log.event("quiet", "nothing", level="debug")
    (line,) = stream.getvalue().splitlines()
    data = json.loads(line)
    assert list(data) == ["ts", "level", "event", "agents", "release"]
    assert data["ts"].endswith("Z")


def test_text_is_words(stream):
    """People read the time, what happened, and whether it matters."""
    log = Log("info", "text", stream)
    log.event("ready", "ready: now", agents=["a"])
    log.event("x", "gone", level="warning")
    first, second = stream.getvalue().splitlines()
    assert first.split(" ", 1)[1] == "ready: now"
    assert second.split(" ", 1)[1] == "warning: gone"


FORGED = "r\n12:00:00 error: all is lost\r\x1b[2J\u2028x\u202ey"


def test_nobody_from_outside_writes_lines_of_their_own(stream):
    """Line breaks, escape sequences and reversals in a room's name stay on the event's line."""
    log = Log("info", "text", stream)
    log.event("x", f"desk: a caller waits in room {FORGED}")
    log.record(logging.LogRecord("livekit", logging.WARNING, "", 1, "room %s", (FORGED,), None))
    first, second = stream.getvalue().splitlines()
    for line in (first, second):
        assert r"r\n12:00:00 error: all is lost\r\x1b[2J\u2028x\u202ey" in line


def test_what_has_several_lines_is_indented(stream):
    """The account of a folder's mistakes is one event, whose lines begin with no time."""
    Log("info", "text", stream).event("reload", "no\na.yaml:1\n  2 | x\x1b", several_lines=True)
    assert stream.getvalue().splitlines()[1:] == ["  a.yaml:1", r"  2 | x\x1b"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_written(stream, form):
    """Whatever holds a secret shows stars in its place."""
    log = Log("info", form, stream)
    log.hide(["hunter2hunter2"])
    log.event(
        "x", "key hunter2hunter2", url="http://x/?k=hunter2hunter2", deep=[{"a": "hunter2hunter2"}]
    )
    assert "hunter2" not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_a_log_that_nobody_reads_ends_nothing():
    """A closed pipe is no reason to end calls."""
    stream = io.StringIO()
    stream.close()
    Log("info", "text", stream).event("x", "words")


@pytest.mark.parametrize("level", ["info", "debug"])
def test_a_traceback_is_for_those_who_ask(stream, level):
    """At `info` an exception is one line; at `debug` it is all there."""
    route(Log(level, "text", stream))
    try:
        int("the reason")
    except ValueError:
        logging.getLogger("somebody").exception("it failed")
    shown = stream.getvalue()
    assert "it failed" in shown
    assert "the reason" in shown
    assert ("Traceback" in shown) == (level == "debug")
    assert level == "debug" or len(shown.splitlines()) == 1


def test_a_record_from_a_job_process_is_cut_too(stream):
    """There the traceback is a part of the message already."""
    route(Log("info", "text", stream))
    message = "failed\nTraceback (most recent call last):\n  File x\nKeyError: 'name'\n"
    logging.getLogger("livekit.agents").error(message)
    assert stream.getvalue().split(" ", 1)[1] == "error: failed: KeyError: 'name'\n"


def test_livekits_own_words_are_for_debug(stream):
    """Of LiveKit only warnings are told, and not those that lkrun tells itself."""
    route(Log("info", "text", stream))
    livekit = logging.getLogger("livekit.agents")
    livekit.info("registered worker")
    livekit.warning("failed to connect to livekit, retrying in 2s")
    livekit.warning("event loop blocked for 120ms at x")
    livekit.warning("something new")
    logging.getLogger("lkrun").info("ours")
    assert [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()] == [
        "warning: something new",
        "ours",
    ]


def test_listeners_hear_every_record(stream):
    """What is not shown can still be acted on."""
    heard = []
    handler = route(Log("error", "text", stream))
    handler.listeners.append(heard.append)
    logging.getLogger("livekit.agents").warning("failed to connect to livekit")
    assert [r.getMessage() for r in heard] == ["failed to connect to livekit"]
    assert stream.getvalue() == ""


def test_levels_of_strange_loggers(stream):
    """A record of any number has the nearest level below it."""
    handler = Handler(Log("debug", "json", stream))
    for number in (5, 10, 25, 35, 50):
        record = logging.LogRecord("x", number, "f", 1, "m %s", (1,), None)
        handler.emit(pickle.loads(pickle.dumps(record)))  # noqa: S301 - our own bytes
    levels = [json.loads(line)["level"] for line in stream.getvalue().splitlines()]
    assert levels == ["debug", "debug", "info", "warning", "error"]


@pytest.fixture
def clock(monkeypatch):
    """The seconds of a log, which only a test moves; returns how to make one."""
    now = [0.0]
    monkeypatch.setattr("runner.serve.log.Floods", lambda: Floods(lambda: now[0]))

    def after(seconds):
        now[0] += seconds

    return after


def test_a_flood_of_one_line_is_summed_up(stream, clock):
    """The first ten are written, then how many more there were: 4,300 lines become eleven."""
    log = Log("info", "text", stream)
    for number in range(4310):
        log.event("x", f"the front failed at connection {number}", level="error")
    clock(9.9)
    log.look()
    assert len(stream.getvalue().splitlines()) == 10
    clock(0.1)
    log.look()
    *_, last = stream.getvalue().splitlines()
    assert last.split(" ", 1)[1] == (
        "error: ... 4,300 more like this in the last 10 s: the front failed at connection 0"
    )
    log.look()
    log.event("x", "the front failed at connection 0", level="error")
    assert len(stream.getvalue().splitlines()) == 12


def test_a_flood_is_told_by_the_next_line_and_at_the_end(stream, clock):
    """Nobody need look; and what is counted when the runner ends is told then."""
    log = Log("info", "json", stream)
    for _ in range(12):
        log.event("tool_failed", "desk: tool look failed", level="warning", agent="desk", session=_)
    clock(10)
    log.event("y", "another", level="warning")
    for _ in range(11):
        log.event("z", "again", level="error")
    log.look(all_of_them=True)
    logged = [e for e in map(json.loads, stream.getvalue().splitlines()) if "count" in e]
    assert [(e["event"], e["level"], e["count"], e["message"]) for e in logged] == [
        ("more_like_this", "warning", 2, "desk: tool look failed"),
        ("more_like_this", "error", 1, "again"),
    ]


@pytest.mark.usefixtures("clock")
def test_what_tells_of_something_else_is_no_flood(stream):
    """Other agents, other words, and all that is no warning, are written each."""
    log = Log("info", "json", stream)
    for number in range(50):
        log.event("tool_failed", "failed", level="warning", agent=f"agent_{number}")
        log.event("session_started", "begun", agent="desk")
        log.event("x", "a" * number, level="warning")
    assert len(stream.getvalue().splitlines()) == 150


def test_records_of_libraries_are_summed_up_by_their_form(stream, clock):
    """What is filled into a message, and a traceback behind it, make no line another one."""
    log = Log("info", "json", stream)
    for number in range(30):
        record = logging.LogRecord("asyncio", logging.ERROR, "", 1, "no %s", (number,), None)
        log.record(record)
        log.record(logging.LogRecord("a", logging.ERROR, "", 1, f"port {number} gone", (), None))
        log.record(logging.LogRecord("livekit", logging.INFO, "", 1, "fine", (), None))
    clock(10)
    log.look()
    logged = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [e["message"] for e in logged if e["event"] == "more_like_this"] == [
        "no 0",
        "port 0 gone",
    ]
    assert len(logged) == 10 + 10 + 30 + 2


@pytest.mark.usefixtures("clock")
def test_kinds_are_forgotten_when_there_are_too_many(stream):
    """Somebody who makes up kinds of lines fills no memory."""
    log = Log("info", "json", stream)
    for number in range(3000):
        log.event("x", "words", level="warning", agent=f"agent_{number}")
    assert len(log._floods._open) <= 1001
