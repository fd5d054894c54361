"""A folder whose tests are run."""

from __future__ import annotations

import json
import textwrap

import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

AGENTS = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    timezone: Europe/Berlin
    variables:
      guest:
        description: Who calls
      limit:
        type: integer
        default: "5"
    tools:
      - find_invoice
      - greet
      - remember
      - end_call
personas:
  host:
    instructions: You look after {{ guest or 'a guest' }}.
    greeting:
      say: Welcome, it is {{ now.strftime('%H:%M') }}, {{ caller.name or 'guest' }}.
    handoffs:
      billing:
        when: The guest asks about money.
        say: One moment.
  billing:
    instructions: You answer questions about money.
    greeting:
      say: Billing here.
tools:
  find_invoice:
    description: Find an invoice.
    parameters:
      number:
        type: integer
    http:
      url: https://api.hotel.example/invoices/{{ args.number }}
      headers:
        Authorization: Bearer {{ secrets.HOTEL_TOKEN }}
    result:
      text: The total is {{ result.total }}{{ ' and high' if result.total > limit else '' }}.
    on_error: Say that the books are closed.
  greet:
    description: Greet.
    say: Hello there.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: invoice (?P<n>\\d+)
          call:
            find_invoice:
              number: "{n}"
        - when_tool_failed: yes
          say: The books are closed.
        - when_caller_matches: my name is (?P<n>\\w+)
          call:
            remember:
              guest: "{n}"
        - when_caller_says: money
          call: transfer_to_billing
        - when_caller_says: hello
          call: greet
        - when_caller_says: goodbye
          say: Goodbye.
          call: end_call
      otherwise: I did not get that.
"""


class Ran:
    """What a run of `lkrun test` said."""

    def __init__(self, done, tests):
        self.code, self.out, self.tests = done.return_value, done.stdout, tests

    @property
    def data(self):
        """The document of `--format json`."""
        return json.loads(self.out)

    @property
    def failures(self):
        """Checks that failed: (step, check, message)."""
        return [
            (f["step"], f["check"], f["message"]) for t in self.data["tests"] for f in t["failures"]
        ]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the tests of a folder; without a word of options as JSON."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "agents.yaml").write_text(AGENTS, encoding="utf-8")

    def run(tests, *options, files=None):
        (folder / "tests.yaml").write_text(textwrap.dedent(tests), encoding="utf-8")
        for name, text in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        words = options or ("--format", "json")
        done = CliRunner().invoke(lkrun, ["test", str(folder), *words], standalone_mode=False)
        assert done.exception is None, done.exception
        return Ran(done, textwrap.dedent(tests))

    return run
