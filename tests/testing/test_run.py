"""Tests in YAML: what passes passes, and what is otherwise is told with its line."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

STEPS = """
tests:
  one:
    agent: desk
{head}
    steps:
{steps}
"""


def one(steps, head=""):
    """A folder's tests with one test."""

    def shifted(text, by):
        return "\n".join(" " * by + line for line in text.strip("\n").splitlines())

    return STEPS.format(head=shifted(head, 4), steps=shifted(steps, 6))


MOCK = """
mocks:
  find_invoice:
    returns:
      total: "{{ 90 }}"
"""


def test_a_talk_as_it_should_be_passes(run):
    """Greeting, tool, words, variables, handoff and end are checked, and the exit code is 0."""
    ran = run(
        one(
            """
- agent:
    says: welcome
- user: What is on invoice 118?
- agent:
    calls:
      find_invoice:
        number: "118"
    says: "90"
    says_any:
      - high
      - low
    never_says: closed
    matches: total is [0-9]+
    stays: yes
    times:
      find_invoice: 1
- user: my name is Ann
- agent:
    remembers:
      guest: Ann
- user: money
- agent:
    hands_off_to: billing
    calls_nothing: yes
- user: goodbye
- agent:
    ends_call: yes
    says: goodbye
""",
            MOCK + "finally:\n  calls_in_order:\n    - find_invoice\n    - remember\n",
        )
    )
    assert ran.failures == []
    assert (ran.code, ran.data["passed"]) == (0, 1)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("says: ninety", "'ninety' was not said; the agent said 'The total is 90 and high.'"),
        ("says_any:\n  - a1\n  - b1", "none of 'a1', 'b1' was said; the agent said"),
        ("never_says: HIGH", "'HIGH' was said; the agent said"),
        ("matches: ^x", "nothing fits the pattern '^x'; the agent said"),
        ("max_words: 2", "6 words were said, more than 2; the agent said"),
        ("calls: greet", "greet was not called; called: find_invoice"),
        ('calls:\n  find_invoice:\n    number: "119"', 'called with {"number": 118}: number is'),
        ("calls_nothing: yes", "called: find_invoice"),
        ("never_calls: find_invoice", "find_invoice was called"),
        ("calls_in_order:\n  - find_invoice\n  - greet", "greet was not called after"),
        ("times:\n  find_invoice: 2", "find_invoice was called once, not twice"),
        ("fails_with: x", "no tool failed with 'x'; no tool failed"),
        ("hands_off_to: billing", "the call was not handed to billing; it was not handed over"),
        ("remembers:\n  guest: Ann", "guest has no value, not 'Ann'"),
        ('remembers:\n  limit: "6"', "limit is '5', not '6'"),
        ("ends_call: yes", "the call did not end"),
        ("tool_calls_max: 0", "1 calls of tools, more than 0; called: find_invoice"),
    ],
)
def test_what_is_otherwise_is_told(run, check, message):
    """Each check that fails is told with its key, its step and its own line."""
    below = "\n".join(f"    {line}" for line in check.splitlines())
    ran = run(one(f"- user: invoice 118\n- agent:\n{below}", MOCK))
    ((step, key, reason),) = ran.failures
    assert (step, key) == (2, check.partition(":")[0])
    assert message in reason
    (failure,) = ran.data["tests"][0]["failures"]
    lines = enumerate(ran.tests.splitlines(), 1)
    line = next(n for n, text in lines if text.strip().startswith(f"{key}:"))
    assert failure["line"] == line
    assert ran.code == 1


def test_mocks_answer_in_turn_and_by_argument(run):
    """A list answers call after call, the last stays; `when` picks by an argument."""
    ran = run(
        one(
            """
- user: invoice 1
- agent:
    says: total is 3
- user: invoice 2
- agent:
    says: closed
    fails_with: "503"
- user: invoice 2
- agent:
    says: closed
    fails_with: did not answer in time
- user: invoice 7
- agent:
    says: total is 4
""",
            """
mocks:
  find_invoice:
    - returns_json: '{"total": 4}'
      when:
        number: "7"
    - returns:
        total: "{{ 3 }}"
    - status: 503
    - fails: timeout
""",
        )
    )
    assert ran.failures == []


def test_a_slow_service_takes_no_time(run):
    """Time that a mock or a silence takes passes at once, and counts for `within`."""
    began = time.monotonic()
    ran = run(
        one(
            """
- user: invoice 1
- agent:
    within: 3s
    silence_max: 3s
- silence: 10m
- user: goodbye
- agent:
    ends_call: yes
""",
            'mocks:\n  find_invoice:\n    returns:\n      total: "1"\n    slow: 4s\ntimeout: 20s\n',
        )
    )
    assert time.monotonic() - began < 60
    assert [check for _, check, _ in ran.failures] == ["within", "silence_max"]
    assert "the turn took 4." in ran.failures[0][2]


def test_a_service_without_a_mock_is_never_asked(run):
    """A call of a tool with a service and no mock fails the test, whatever else is right."""
    ran = run(one("- user: invoice 1\n- agent:\n    says: closed\n"))
    assert ran.failures == [
        (0, "mocks", "tool 'find_invoice' was called, and the test has no mock of it")
    ]


def test_no_secret_is_needed_and_none_is_shown(run, monkeypatch):
    """Tools whose secrets are missing run, and nothing of a secret that is there comes out."""
    monkeypatch.delenv("HOTEL_TOKEN", raising=False)
    steps = "- user: invoice 1\n- agent:\n    says: total is 90"
    assert run(one(steps, MOCK)).code == 0
    monkeypatch.setenv("HOTEL_TOKEN", "sk-very-secret-1")
    ran = run(one(steps + "\n    never_says: total", MOCK), "-k", "one")
    assert "sk-very-secret-1" not in ran.out


def test_the_moment_and_the_caller_are_the_tests(run):
    """`clock` is the moment in the agent's time zone, `caller`, `job` and `variables` are used."""
    ran = run(
        one(
            """
- agent:
    says:
      - it is 23:59
      - Ann
- silence: 2m
- agent:
    remembers:
      limit: "7"
""",
            """
clock: 2026-12-01T23:59
caller:
  name: Ann
variables:
  limit: "{{ 7 }}"
""",
        )
    )
    assert ran.failures == []


def test_data_may_stand_in_a_file(run):
    """`returns_file` is read beside the file that names it."""
    head = "mocks:\n  find_invoice:\n    returns_file: cassettes/big.json\n"
    steps = "- user: invoice 1\n- agent:\n    says: total is 12"
    ran = run(one(steps, head), files={"cassettes/big.json": '{"total": 12}'})
    assert ran.failures == []


def test_who_hangs_up_has_hung_up(run):
    """After `hang_up` the call has ended; a step that needs it fails and is the last one."""
    ran = run(one("- hang_up: yes\n- agent:\n    ends_call: yes\n- user: hello\n- user: hello\n"))
    assert ran.failures == [(3, "user", "the call has ended before this step (caller_left)")]


def test_a_test_that_needs_a_model_is_skipped(run):
    """Checks of meaning and simulated callers are skipped without a model, never passed."""
    ran = run(
        one("- user: hello\n- agent:\n    means: It greets.")
        + "  two:\n    agent: desk\n    simulate:\n      caller: You are Bob.\n"
    )
    assert (ran.data["passed"], ran.data["failed"], ran.data["skipped"]) == (0, 0, 2)
    assert ran.code == 0
    assert "it needs a model" in ran.data["tests"][0]["reason"]


def test_runs_are_counted(run):
    """`repeat` runs a test often, and `min_pass` says how many runs must pass."""
    failing = one("- user: hello\n- agent:\n    says: xyz", "repeat: 3\nmin_pass: 0")
    (row,) = run(failing).data["tests"]
    assert (row["outcome"], row["runs"], row["passes"]) == ("passed", 3, 0)
    (row,) = run(failing.replace("min_pass: 0", "min_pass: 1")).data["tests"]
    assert (row["outcome"], row["passes"]) == ("failed", 0)
    (row,) = run(failing, "--repeat", "2", "--format", "json").data["tests"]
    assert row["runs"] == 2


def test_tests_are_chosen_by_name_and_tag(run):
    """`-k` is a part of the name in any case, `--tag` a tag."""
    two = (
        one("- user: hello", "tags: money")
        + "  two:\n    agent: desk\n    steps:\n      - user: hi\n"
    )
    assert [t["name"] for t in run(two, "-k", "TW", "--format", "json").data["tests"]] == ["two"]
    assert [t["name"] for t in run(two, "--tag", "money", "--format", "json").data["tests"]] == [
        "one"
    ]


def test_the_report_shows_the_turn(run):
    """A failing step is shown with file and line, and with what happened in its turn."""
    ran = run(one("- user: hello\n- agent:\n    says: xyz"), "-k", "one")
    lines = ran.out.splitlines()
    assert lines[0] == "FAILED  one (tests.yaml:3)"
    assert lines[1].startswith("  tests.yaml:9: step 2, says: 'xyz' was not said")
    assert "        → greet()" in lines
    assert "      host: Hello there." in lines
    assert lines[-1].startswith("1 failed in ")


def test_junit_is_written(run, tmp_path):
    """JUnit XML has each test, its failures and its skips."""
    file = tmp_path / "out.xml"
    run(one("- user: hello\n- agent:\n    says: xyz"), "--junit", str(file))
    suite = ET.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 - written by lkrun itself
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    (failure,) = suite.iter("failure")
    assert failure.get("type") == "says"
    assert "tests.yaml:9" in failure.get("message")


def test_what_no_test_reaches_is_told(run):
    """`--coverage` names personas, handoffs and tools that no test comes past."""
    ran = run(one("- user: hello"), "--coverage", "--format", "json")
    missed = ran.data["coverage"]["missed"]
    assert missed["persona"] == ["desk/billing"]
    assert missed["handoff"] == ["desk/host → billing"]
    assert "desk/find_invoice" in missed["tool"]
    assert "desk/greet" not in missed["tool"]


def test_a_folder_with_mistakes_runs_no_test(run):
    """Mistakes are check's document, and the exit code is 1."""
    ran = run("tests:\n  one:\n    agent: dsk\n    steps:\n      - user: hello\n")
    assert ran.code == 1
    assert [d["code"] for d in ran.data["diagnostics"]] == ["E202"]


def test_a_hundred_tests_at_once(run):
    """Many tests run beside each other, each with its own talk, egress and variables."""
    texts = [
        f"""  t{n}:
    agent: desk
    mocks:
      find_invoice:
        returns:
          total: "{{{{ {n} }}}}"
    steps:
      - user: invoice {n}
      - agent:
          says: total is {n}
"""
        for n in range(100)
    ]
    ran = run("tests:\n" + "".join(texts))
    assert ran.failures == []
    assert ran.data["passed"] == 100


SENDS_A_FILE = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    tools:
      - send_form
personas:
  host:
    instructions: You send forms.
tools:
  send_form:
    description: Send the form.
    http:
      url: https://forms.example/in
      method: POST
      body:
        multipart:
          form:
            file: docs/form.pdf
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: form
          call: send_form
        - when_tool_failed: "yes"
          say: "Failed: {answer}"
        - when_tool_answered: "yes"
          say: "Sent: {answer}"
tests:
  sends:
    agent: desk
    mocks:
      send_form:
        returns: received
    steps:
      - user: the form
      - agent:
          says:
            - "Sent: received"
"""


def test_a_mocked_tool_that_sends_a_file_reads_it_in_the_folder(tmp_path):
    """The request is made as in a call, its files too."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "form.pdf").write_bytes(b"%PDF-1.4\n")
    (tmp_path / "all.yaml").write_text(SENDS_A_FILE)
    done = CliRunner().invoke(lkrun, ["test", str(tmp_path), "--format", "json"])
    assert json.loads(done.stdout)["passed"] == 1, done.output


APP = """
agents:
  shop:
    start: waiter
    mode: text
    llm: waiter
    variables:
      seat:
        type: text
    app:
      on:
        choose_dish:
          parameters:
            count:
              type: integer
              max: 9
          then:
            - say: "{{ args.count }} of them."
personas:
  waiter:
    instructions: You are the waiter.
    tools:
      - pick_seat
tools:
  pick_seat:
    description: Let them pick.
    app: seats
    then:
      set:
        seat: "{{ result.seat }}"
    on_error: Ask them.
providers:
  waiter:
    llm: script
    with:
      rules:
        - when_caller_says: seat
          call: pick_seat
      otherwise: Hm.
"""


def test_steps_and_mocks_of_the_callers_app(run):
    """A tap, and what the app answers and fails to; what it must not send fails with its line."""
    tests = one(
        """
- app: choose_dish
  with:
    count: "{{ 2 }}"
- agent:
    says: 2 of them.
- user: seat
- agent:
    calls:
      - pick_seat
    remembers:
      seat: 12b
- user: another seat
- agent:
    fails_with: did not work
- app: choose_dish
  with:
    count: "10"
- user: never reached
""",
        "mocks:\n  pick_seat:\n    - returns:\n        seat: 12b\n    - fails: timeout",
    ).replace("agent: desk", "agent: shop")
    ran = run(tests, files={"shop.yaml": APP})
    refused = "the agent does not take this from the app: 'count' must be at most 9, not '10'"
    assert ran.failures == [(7, "app", refused)]


def test_an_app_without_a_mock_fails_the_test(run):
    """A tool that asks the app needs an answer, as one that asks a service does."""
    tests = one("- user: seat").replace("agent: desk", "agent: shop")
    ran = run(tests, files={"shop.yaml": APP})
    message = "tool 'pick_seat' was called, and the test has no mock of it"
    assert [failed[2] for failed in ran.failures] == [message]


MIDDLE = """
agents:
  middle:
    start: clerk
    mode: text
    llm: asks
personas:
  clerk:
    instructions: You answer.
    greeting:
      say: Good day.
providers:
  asks:
    llm: script
    with:
      rules:
        - when_caller_says: yes
          if_agent_said: on Friday
          say: It is booked.
      otherwise: Yes to what?
"""


def test_a_test_begins_in_the_middle_of_a_talk(run):
    """Nobody is greeted, and the model knows what was said before."""
    tests = """
    tests:
      one:
        agent: middle
        history:
          - user: Is there a table?
          - agent: There is one on Friday. Shall I book it?
        steps:
          - user: yes
          - agent:
              says: It is booked
        finally:
          never_says: good day
    """
    assert run(tests, files={"middle.yaml": MIDDLE}).failures == []
    lines = ("history:", "  - user: Is there a table?", "  - agent: There is one on Friday. Shall")
    without = tests
    for line in (*lines, " I book it?"):
        without = without.replace(line, "")
    without = run(without, files={"middle.yaml": MIDDLE})
    assert [check for _, check, _ in without.failures] == ["says", "never_says"]
