"""`lkrun tool call`: one tool by hand, for people and for programs."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
    variables:
      branch: hanoi
      first_slot:
        type: datetime
      card:
        private: yes
      who:
        default: nobody
    tools:
      - find_slot
      - say_hello
personas:
  host:
    instructions: Help. {{ first_slot or '' }} {{ who }}
tools:
  say_hello:
    description: Say hello.
    say: Hello.
  spare:
    description: Nobody has it.
    http:
      service: api
      url: /spare
  find_slot:
    description: Find slots.
    parameters:
      day:
        type: date
      kinds:
        type: list
        of: text
        optional: yes
      count:
        type: integer
        max: 3
        default: "1"
    http:
      service: api
      url: /slots/{{ args.day }}
      method: POST
      query:
        who: "{{ who }}"
        branch: "{{ branch }}"
      body:
        json:
          kinds: "{{ args.kinds }}"
          count: "{{ args.count }}"
    result:
      pick: slots[].start
      save:
        first_slot: slots[0].start
        card: card
    on_error: Offer to call back, it was {{ error.status }}.
services:
  api:
    url: http://127.0.0.1:PORT
    private_network: yes
    auth:
      bearer: "{{ secrets.CLINIC_TOKEN }}"
"""


class _Service(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append((self.path, dict(self.headers), body))
        status, data = self.server.answer
        if data is None:
            data = {"slots": [{"start": "2026-12-01T09:00"}], "card": "4111", "echo": "t0ken!"}
        written = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    do_GET = do_POST  # noqa: N815 - as BaseHTTPRequestHandler names it

    def log_message(self, *_):
        pass


@pytest.fixture
def service(folder):
    """A service, and a folder with a tool that asks it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    server.seen, server.answer = [], (200, None)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    text = FOLDER.replace("PORT", str(server.server_address[1]))
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def call(lkrun, folder):
    """Run a tool; the exit code and the document."""

    def run(*arguments, name="find_slot"):
        done = lkrun(
            "tool", "call", name, folder, *arguments, "--format", "json",
            env={"CLINIC_TOKEN": "t0ken!"},
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


def test_it_asks_the_service_as_a_call_would(service, call):
    """Arguments have the parameters' types, defaults and variables count, secrets are masked."""
    code, result = call("--arg", "day=2026-12-01", "--arg", 'kinds=["a", "b"]', "--var", "who=ann")
    assert code == 0
    path, headers, body = service.seen[0]
    assert path == "/slots/2026-12-01?who=ann&branch=hanoi"
    assert headers["Authorization"] == "Bearer t0ken!"
    assert json.loads(body) == {"kinds": ["a", "b"], "count": 1}
    attempt = result["attempts"].pop()
    assert attempt | {"ms": 0} == {
        "method": "POST",
        "url": f"http://127.0.0.1:{service.server_address[1]}{path}",
        "status": 200,
        "error": None,
        "ms": 0,
    }
    assert result | {"total_ms": 0} == {
        "ok": True,
        "output": '["2026-12-01T09:00"]',
        "saved": {"first_slot": "2026-12-01T09:00", "card": "***"},
        "error": None,
        "attempts": [],
        "total_ms": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "'day' is missing: a date such as 2026-12-04 is needed"),
        (("--arg", "day=friday"), "'day' must be a date such as 2026-12-04, not 'friday'"),
        (("--arg", "dya=2026-12-01"), "there is no parameter 'dya', did you mean 'day'?"),
        (("--arg", "day=2026-12-01", "--arg", "count=4"), "'count' must be at most 3, not '4'"),
    ],
)
def test_wrong_arguments_send_nothing(service, call, arguments, error):
    """The document says what is wrong, and there was no attempt."""
    code, result = call(*arguments)
    assert code == 1
    assert error in result["error"]
    assert error in result["output"]
    assert (result["ok"], result["attempts"], service.seen) == (False, [], [])


def test_a_failure_shows_what_the_model_sees(service, call):
    """The text of `on_error` stands behind it, with what `error` knows."""
    service.answer = (503, {"why": "closed"})
    code, result = call("--arg", "day=2026-12-01")
    assert code == 1
    assert result["error"] == 'the service answered 503 Service Unavailable: {"why": "closed"}'
    assert result["output"].startswith("This did not work: the service answered with status 503")
    assert result["output"].endswith("Offer to call back, it was 503.")
    assert result["saved"] == {}


@pytest.mark.usefixtures("service")
def test_people_see_where_the_time_went(lkrun, folder):
    """A table has a column for each phase; nothing secret or private is in it."""
    done = lkrun(
        "tool", "call", "find_slot", folder, "--arg", "day=2026-12-01",
        env={"CLINIC_TOKEN": "t0ken!"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("find_slot: ok, ")
    heads = next(line for line in done.stdout.splitlines() if "answer" in line).split()
    assert heads[:5] == ["requests", "(ms)", "answer", "total", "connect"]
    assert "wait" in heads
    assert "t0ken!" not in done.stdout + done.stderr
    assert "4111" not in done.stdout


@pytest.mark.usefixtures("service")
def test_an_answer_is_recorded_without_secrets(lkrun, folder):
    """`--record` writes what came, as a test gives it back."""
    done = lkrun(
        "tool", "call", "find_slot", folder, "--arg", "day=2026-12-01", "--record",
        env={"CLINIC_TOKEN": "t0ken!"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    kept = json.loads((folder / "cassettes" / "find_slot.json").read_text())
    assert kept["slots"] == [{"start": "2026-12-01T09:00"}]
    assert kept["echo"] == "***"
    assert "cassettes/find_slot.json" in done.stdout


def test_a_tool_that_nobody_has(service, call):
    """It is run all the same, with the first agent's variables."""
    code, _ = call(name="spare")
    assert code == 0
    assert service.seen[0][0] == "/spare"


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (("find_slo",), "there is no tool 'find_slo'; did you mean 'find_slot'?"),
        (("say_hello",), "'say_hello' asks no service; tools with http: are: find_slot"),
        (("find_slot", "--agent", "dsk"), "there is no agent 'dsk'; did you mean 'desk'?"),
        (("find_slot", "--var", "branch=x"), "'branch' has a fixed value"),
        (("find_slot", "--var", "bra=x"), "the agent has no variable 'bra'"),
        (("find_slot", "--var", "first_slot=soon"), "--var first_slot: it must be a moment"),
        (("find_slot", "--arg", "day"), "write it as NAME=VALUE"),
    ],
)
def test_wrong_use(service, lkrun, folder, arguments, result):
    """A name that is not there is told with the nearest, exit code 2."""
    name, *rest = arguments
    done = lkrun("tool", "call", name, folder, *rest)
    assert done.returncode == 2
    assert result in done.stderr
    assert service.seen == []


def test_a_folder_with_mistakes(lkrun, folder):
    """Check's document is printed, and nothing is sent."""
    (folder / "desk.yaml").write_text("agents:\n  desk:\n    strat: host\n", encoding="utf-8")
    done = lkrun("tool", "call", "x", folder, "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False


@pytest.mark.usefixtures("service")
def test_a_missing_secret_is_named(lkrun, folder):
    """The tool's document says which, and that nothing was sent."""
    done = lkrun("tool", "call", "find_slot", folder, "--arg", "day=2026-12-01", "--format", "json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["attempts"]) == (1, [])
    assert "the secret 'CLINIC_TOKEN' is missing" in result["error"]


GUARDED = """
agents:
  bank:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
    variables:
      balance:
        type: number
        default: "100"
    tools:
      - pay
personas:
  host:
    instructions: Help. {{ balance }}
tools:
  pay:
    description: Pay.
    parameters:
      amount:
        type: number
        max: "{{ balance }}"
    confirm: Shall I?
    max_uses: 1
    rules:
      - if: args.amount == 13
        answer: Thirteen is refused.
    http:
      url: http://127.0.0.1:PORT/pay
      method: POST
runner:
  network:
    allow:
      - 127.0.0.1:PORT
"""


@pytest.mark.parametrize(
    ("amount", "error"),
    [
        ("13", "a rule refuses this call"),
        ("101", "'amount' must be at most 100, not '101'"),
        ("5", None),
    ],
)
def test_rules_and_bounds_hold_by_hand_and_nobody_is_asked(service, folder, call, amount, error):
    """A person's own hand is the yes; what the author refuses is refused all the same."""
    text = GUARDED.replace("PORT", str(service.server_address[1]))
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    code, result = call("--arg", f"amount={amount}", name="pay")
    assert result["error"] == error
    assert len(service.seen) == len(result["attempts"]) == (0 if error else 1)
    assert code == (1 if error else 0)
