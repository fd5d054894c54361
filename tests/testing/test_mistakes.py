"""The tests of the examples notice mistakes in them: of ten at least nine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun

EXAMPLES = Path(__file__).parents[2] / "examples"

APPOINTMENT = (
    ("say: Sunrise Dental, let us find you an appointment.", "say: Hello."),
    ("ask: Which day suits you?", "ask: When?"),
    ('        confirm: "I have noted {{ who }}. Is that right?"\n', ""),
    ('        confirm: "{{ number }}. Is that right?"\n', "        confirm: no\n"),
    ("      - tool: book\n", ""),
    ("      - handoff: goodbye\n", ""),
    ("      say: You are booked for {{ day }}, {{ who }}.", "      say: See you, {{ who }}."),
    ('      booked: "yes"', '      booked: "no"'),
    ("          - real person\n", ""),
    ("    tools:\n      - end_call\n", ""),
)
BARBER = (
    ("say: Figaro, good day. On which day would you like a haircut?", "say: Figaro, good day."),
    ("      - book\n", ""),
    ("      - if: args.day < today_date", "      - if: args.day > today_date"),
    ("        free_times: data.*[].start", "        free_times: data.*[].end"),
    ("Free are {{", "There is {{"),
    ("        choices_from: free_times", "        choices:\n          - 2026-12-07T10:00"),
    ("    confirm: Shall I book {{ args.start[11:16] }} for {{ args.name }}?\n", ""),
    ("fails_if: result.status != 'success'", "fails_if: result.status == 'success'"),
    ("        booking: data.uid", "        booking: data.id"),
    ("      - if: error.status == 400", "      - if: error.status == 409"),
)
HOTEL = (
    ("      closed: night_desk", "      closed: manager"),
    ("      monday: 08:00-12:00, 13:30-17:30", "      monday: 09:00-12:00, 13:30-17:30"),
    ("friday: 08:00-12:00, 13:30-17:30, 22:00-02:00", "friday: 08:00-12:00, 13:30-17:30"),
    ("        - 2026-12-25\n", ""),
    ("    timezone: Asia/Ho_Chi_Minh", "    timezone: Europe/London"),
    ("      say: Lotus Hotel, reception. How can I help you?", "      say: Good day."),
    ("      say: This is the manager. What happened?", "      say: Hello?"),
    ("        ask: Under which number may we call you back?", "        ask: And your number?"),
    ("        type: phone\n", "        type: text\n        confirm: no\n"),
    ("We call {{ call_back }} in the morning.", "Good night."),
)
PIZZA = (
    ("say: Pizza Pronto, what can I bring you?", "say: Pizza Pronto."),
    ("            max: 20", "            max: 200"),
    ("              - diavola\n", ""),
    ("      - take_off\n", ""),
    ("      - end_call\n", ""),
    ("            - Noted as well. Anything else?\n", ""),
    ("say: Thank you. Your pizza comes in thirty minutes.", "say: Thank you."),
    ("otherwise: We have margherita, diavola and funghi.", "otherwise: Pardon?"),
    ('              quantity: "{number}"\n', ""),
    ("    remove_from: order", "    add_to: order"),
)
REFUNDS = (
    ("say: Lotus bikes, the refund desk. How can I help?", "say: Lotus bikes."),
    ("      - refund_status\n", ""),
    ('        max: "{{ paid }}"\n', ""),
    ("      - if: args.amount > 100", "      - if: args.amount > 1000"),
    ("    confirm: Shall I refund {{ args.amount }} dollars to your card?\n", ""),
    ("    if: payment is known\n", ""),
    ("        refund_id: id", "        refund_id: charge"),
    ("{{ result.amount / 100 }} dollars are refunded", "{{ result.amount }} dollars are refunded"),
    ("fails_if: result.status == 'failed'", "fails_if: result.status == 'succeeded'"),
    ("          - duplicate\n", ""),
)
SUPPORT = (
    ("say: Lotus support, what is not working?", "say: Lotus support."),
    ("      - open_issues\n", ""),
    ("      - report\n", ""),
    ("        min: 10\n", ""),
    ("if: \"'@' in args.title or '@' in args.details\"", "if: \"'@' in args.details\""),
    ('    confirm: I would write "{{ args.title }}". May I file that?\n', ""),
    ("        issue: number", "        issue: id"),
    ("Filed, number {{ result.number | spell }}.", "Filed."),
    ("      - if: error.status == 410", "      - if: error.status == 404"),
    ("map(attribute='title')", "map(attribute='state')"),
)
SURVEY = (
    ("ask: Did you stay with us this year?", "ask: Were you there?"),
    ("          if: not stayed", "          if: stayed"),
    ("        max: 60", "        max: 600"),
    ("          - A number from one to sixty, please. How many nights?\n", ""),
    (
        "      - if: score >= 4\n        handoff: happy",
        "      - if: score > 5\n        handoff: happy",
    ),
    ("        ask: What did you like best?", "        ask: Anything else?"),
    ("      end_call: How kind of you. Thank you, and goodbye.", "      end_call: Goodbye."),
    ("        ask: Under which number may our manager call you?", "        ask: Your number?"),
    ("          end_call: Never mind. Thank you, goodbye.", "          end_call: Goodbye."),
    ("          - no more questions\n", ""),
)

MISTAKES = {
    "appointment/appointment.yaml": APPOINTMENT,
    "calcom/barber.yaml": BARBER,
    "github/support.yaml": SUPPORT,
    "night_desk/hotel.yaml": HOTEL,
    "pizza/pizza.yaml": PIZZA,
    "stripe/refunds.yaml": REFUNDS,
    "survey/survey.yaml": SURVEY,
}
"""File → ten mistakes: a text in it, and what stands there instead."""


def noticed(folder):
    """Whether `lkrun test` says that something is wrong."""
    words = ["test", str(folder), "--format", "json"]
    done = CliRunner().invoke(lkrun, words, standalone_mode=False)
    assert done.exception is None, done.exception
    document = json.loads(done.stdout)
    return bool(document.get("failed") or document.get("diagnostics"))


@pytest.mark.parametrize("path", MISTAKES, ids=lambda path: path.partition("/")[0])
def test_an_examples_tests_notice_mistakes(path, tmp_path, monkeypatch):
    """Of ten mistakes in an example at least nine are told by its own tests."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "agents.d"
    shutil.copytree((EXAMPLES / path).parent, folder)
    file = folder / Path(path).name
    whole, unseen = file.read_text(encoding="utf-8"), []
    assert len(MISTAKES[path]) == 10
    for text, other in MISTAKES[path]:
        assert text in whole, f"'{text}' is not in {path} any more"
        file.write_text(whole.replace(text, other), encoding="utf-8")
        if not noticed(folder):
            unseen.append(text)
    assert len(unseen) <= 1, unseen
