"""`lkrun test record`: a test of a conversation that took place."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from support.tested_folder import AGENTS

from runner.cache import Cache
from runner.cli.main import lkrun
from runner.compiler import Compiler
from runner.recording import of_session

SECRET = "hotel-secret-4711"  # noqa: S105 - it must not be written
LONG = "x" * 3000


class _Service(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.headers["Authorization"])
        status, data = self.server.answers[self.path]
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    """A service, and a runner's front; `answers` are by path."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        server.asked, server.answers = [], {}
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path, monkeypatch, service):
    """A folder whose tool asks the service."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOTEL_TOKEN", SECRET)
    folder = tmp_path / "agents.d"
    folder.mkdir()
    address = f"http://127.0.0.1:{service.server_port}"
    text = AGENTS.replace("https://api.hotel.example", address)
    network = "runner:\n  network:\n    allow:\n      - 127.0.0.1\n"
    (folder / "agents.yaml").write_text(text + network, encoding="utf-8")
    return folder


@pytest.fixture
def record():
    """Run the command."""

    def record(*words, said=""):
        arguments = ["test", "record", *words]
        return CliRunner().invoke(lkrun, arguments, input=said, standalone_mode=False)

    return record


def test_a_chat_becomes_a_test_that_passes(record, folder, service):
    """Services are asked once; their answers are the mocks; what was said is expected."""
    service.answers["/invoices/118"] = (200, {"total": 90, "note": f"token {SECRET}"})
    service.answers["/invoices/7"] = (404, {"error": "none"})
    said = "hello\ninvoice 118\n\ninvoice 7\nmy name is yes\nmoney\ngoodbye\nnever read\n"
    done = record("chat", str(folder), "--name", "talk", said=said)
    assert (done.exception, done.return_value) == (None, 0), done.output
    assert "PASSED  talk (talk.yaml:" in done.stdout
    assert service.asked == [f"Bearer {SECRET}"] * 2
    text = (folder / "talk.yaml").read_text()
    assert SECRET not in text
    assert '"total": 90' in text
    assert "status: 404" in text
    assert 'number: "118"' in text
    assert 'guest: "yes"' in text
    assert "hands_off_to: billing" in text
    assert "ends_call: yes" in text
    again = CliRunner().invoke(lkrun, ["test", str(folder)], standalone_mode=False)
    assert again.return_value == 0
    assert len(service.asked) == 2


def test_a_long_answer_gets_a_file(record, folder, service):
    """It stands beside the test, and the test reads it."""
    service.answers["/invoices/118"] = (200, {"total": 90, "note": LONG})
    done = record("chat", str(folder), "--name", "talk", said="invoice 118\n")
    assert done.return_value == 0, done.output
    assert "returns_file: cassettes/talk_find_invoice_1.json" in (folder / "talk.yaml").read_text()
    assert LONG in (folder / "cassettes" / "talk_find_invoice_1.json").read_text()


def test_a_service_that_is_away_is_recorded(record, folder, service):
    """What failed when it was recorded fails in the test, too."""
    port = service.server_port
    text = (folder / "agents.yaml").read_text()
    (folder / "agents.yaml").write_text(text.replace(f":{port}/", ":9/"))
    done = record("chat", str(folder), "--name", "talk", said="invoice 118\n")
    assert done.return_value == 0, done.output
    assert "fails: " in (folder / "talk.yaml").read_text()


def events(*rows):
    """A session of the runner, as its API tells it."""
    data = {"id": "text_1", "agent": "desk", "started": "2026-11-30T10:00:00Z", "variables": {}}
    return {**data, "events": list(rows)}


def message(role, text, turn=1):
    """Something said."""
    return {"turn": turn, "type": "message", "role": role, "persona": "host", "text": text}


def called(output, *, error=False):
    """The tool was called."""
    row = {"turn": 1, "name": "find_invoice", "call_id": "c"}
    yield {**row, "type": "tool_call", "arguments": {"number": 118}}
    yield {**row, "type": "tool_result", "output": output, "error": error}


def test_a_session_of_the_runner_becomes_a_test(record, folder, service):
    """What its service answered is read from what the model saw of it."""
    service.answers["/v1/sessions/text_1"] = (
        200,
        events(
            message("agent", "Welcome, it is 11:00, guest.", 0),
            message("user", "hello"),
            {"turn": 1, "type": "tool_call", "name": "greet", "arguments": {}, "call_id": "g"},
            message("agent", "Hello there."),
        ),
    )
    url = f"http://127.0.0.1:{service.server_port}"
    done = record("text_1", str(folder), "--name", "talk", "--url", url)
    assert done.return_value == 0, done.output
    text = (folder / "talk.yaml").read_text()
    assert "clock: 2026-11-30T11:00" in text  # in the agent's time zone
    assert "- greet" in text


def test_an_answer_is_read_back_from_its_template(record, folder, service):
    """`text:` with single values of the answer gives these values."""
    agents = (folder / "agents.yaml").read_text()
    simple = agents.replace("{{ ' and high' if result.total > limit else '' }}", "")
    (folder / "agents.yaml").write_text(simple)
    service.answers["/v1/sessions/text_1"] = (
        200,
        events(
            message("user", "invoice 118"),
            *called("The total is 90."),
            message("agent", "The total is 90."),
        ),
    )
    url = f"http://127.0.0.1:{service.server_port}"
    done = record("text_1", str(folder), "--name", "talk", "--url", url)
    assert done.return_value == 0, done.output
    assert '"total": "90"' in (folder / "talk.yaml").read_text()


def test_what_cannot_be_known_is_said(record, folder, service):
    """A test whose mocks are not complete is written, and it is told that it does not pass."""
    service.answers["/v1/sessions/text_1"] = (
        200,
        events(
            message("user", "invoice 118"),
            *called("All is well."),
            message("agent", "All is well."),
        ),
    )
    url = f"http://127.0.0.1:{service.server_port}"
    done = record("text_1", str(folder), "--name", "talk", "--url", url)
    assert done.return_value == 1
    assert "FAILED  talk" in done.stdout
    assert "complete the mocks" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gone",), "the runner has no session 'gone'"),
        (("chat", "DIR", "dsk"), "there is no agent 'dsk'; did you mean 'desk'?"),
        (("chat", "DIR", "--name", "My test"), "'My test' is not a name"),
        (("chat", "DIR", "--output", "DIR/agents.yaml"), "there is already"),
    ],
)
def test_wrong_use_is_told(record, folder, service, words, message):
    """Nothing is written."""
    service.answers["/v1/sessions/gone"] = (404, {})
    url = f"http://127.0.0.1:{service.server_port}"
    given = [word.replace("DIR", str(folder)) for word in words]
    if len(given) == 1:
        given.append(str(folder))
    done = record(*given, "--url", url)
    assert message in str(done.exception.format_message())
    assert [p.name for p in folder.iterdir()] == ["agents.yaml"]


def test_a_test_of_a_session_is_one_text(folder):
    """What is copied has no files beside it: long answers stand in it."""
    path = folder / "agents.yaml"
    whole = re.sub(r"    result:\n      text:.*\n", "", path.read_text())
    path.write_text(whole)  # the model sees the whole answer
    release = Compiler(folder, cache=Cache()).compile().release.agents["desk"]
    rows = [message("user", "invoice"), *called(json.dumps({"note": LONG})), message("agent", "so")]
    text = of_session(release, rows, "2026-11-30T10:00:00+00:00")
    assert LONG in text
    assert "returns_file" not in text
    assert "  desk_20261130_1" in text
