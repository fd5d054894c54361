"""A valid file with one line changed: never an exception, and what is refused is shown there."""

from __future__ import annotations

import random

from runner.syntax import parse

TEXT = """\
# A dental practice
agents:
  clinic:
    description: Answers the phone of the practice   # shown in the log
    start: receptionist
    llm: fast
    stt: deepgram/nova-3
    timezone: Asia/Ho_Chi_Minh
    variables:
      clinic_name:
        default: "Sunrise Dental"
      patient:
        type: text
        optional: yes
    tools:
      - find_slot
      - book_slot
personas:
  receptionist:
    instructions: |
      You are the receptionist of {{ clinic_name }}, a friendly dental clinic.
      Speak short sentences. Never promise a price.
      # this is text
      - Ask for the day first, then for the time.
    greeting:
      say: "Hello, this is {{ clinic_name }}. How can I help you today?"
    tools:
      - find_slot
    handoffs:
      billing:
        when: The caller asks about an invoice, a price or a payment.
        say: One moment, I will put you through.
  billing:
    instructions: >
      You answer questions about invoices. Be exact with numbers,
      and read them slowly.
tools:
  find_slot:
    description: Find free appointment times on a day.
    parameters:
      day:
        type: date
        description: The day that the caller wants
    http:
      url: "https://api.clinic.example/v2/slots"
      query:
        day: "{{ args.day }}"
      timeout: 3s
    result:
      pick: slots[].start
    on_error: Tell the caller that the calendar is not reachable.
"""


def _delete(lines, at, _chance):
    del lines[at]


def _duplicate(lines, at, _chance):
    lines.insert(at, lines[at])


def _swap(lines, at, _chance):
    below = min(at + 1, len(lines) - 1)
    lines[at], lines[below] = lines[below], lines[at]


def _indent(lines, at, chance):
    lines[at] = " " * chance.randint(1, 4) + lines[at]


def _dedent(lines, at, chance):
    lead = len(lines[at]) - len(lines[at].lstrip())
    lines[at] = lines[at][min(chance.randint(1, 4), lead) :]


def _truncate(lines, at, chance):
    lines[at] = lines[at][: chance.randrange(len(lines[at]))]


def _insert(lines, at, chance):
    place = chance.randrange(len(lines[at]) + 1)
    piece = chance.choice(["'", '"', ": ", ":", "- ", "[", "{", "{{", "#", " #", "\t", "*", "&a "])
    lines[at] = lines[at][:place] + piece + lines[at][place:]


MUTATIONS = [_delete, _duplicate, _swap, _indent, _dedent, _truncate, _insert]


def _near(document, line):
    return any(
        item.span.line - 2 <= line <= item.span.end_line + 2 for item in document.diagnostics
    )


def test_a_refused_mutation_is_shown_within_two_lines(record_property, capsys):
    """At least 95 of 100 refused changes have a diagnostic within two lines."""
    chance = random.Random(3)  # noqa: S311 - a fixed sample
    refused = near = 0
    for _ in range(1500):
        lines = TEXT.split("\n")[:-1]
        at = chance.randrange(len(lines))
        chance.choice(MUTATIONS)(lines, at, chance)
        document = parse("a.yaml", "\n".join([*lines, ""]).encode())
        if document.diagnostics:
            refused += 1
            near += _near(document, at + 1)
    record_property("near", near / refused)
    with capsys.disabled():
        print(f"\n{near} of {refused} refused mutations shown within 2 lines: {near / refused:.1%}")  # noqa: T201 - the figure is asked for
    assert refused > 300
    assert near / refused >= 0.95
