"""The sentences that callers' changes get, word for word."""

from __future__ import annotations

import re

import pytest

from runner.diff import diff, document
from runner.diff.facts import SentenceFacts
from runner.diff.rows import TABLE
from runner.schema.file import File
from runner.schema.process import Process
from runner.schema.reading.annotations import arms, takes
from runner.schema.types.blocks import Block

BEFORE = """\
runner:
  network:
    allow:
      - 127.0.0.1:8099
agents:
  clinic:
    start: host
    llm: openai/gpt-4.1-mini
    stt: deepgram/nova-3
    tts: soft
    variables:
      house: Sunrise
      visitor:
        description: The caller's name
      pin:
        private: yes
        default: "4711"
    tools:
      - end_call
    idle:
      after: 12s
      say: Are you there?
    limits:
      max_duration: 20m
    record:
      mask: card
      keep: 30d
    keyterms:
      - Invisalign
personas:
  host:
    instructions: |
      You work for {{ house }} and speak with {{ visitor }}. Be short.
    greeting:
      say: Good day.
    tools:
      - book
    handoffs:
      billing:
        when: They ask about money.
        say: One moment.
  billing:
    instructions: You know about invoices.
    handoffs:
      host:
        when: It is settled.
tools:
  book:
    description: Books a slot.
    parameters:
      day:
        description: The day
    http:
      url: https://api.clinic.example/book
      timeout: 5s
      headers:
        Authorization: Bearer {{ secrets.CLINIC_TOKEN }}
      body:
        json:
          day: "{{ args.day }}"
          pin: "{{ pin }}"
  refund:
    description: Refunds.
    http:
      url: https://api.clinic.example/refunds
      method: POST
providers:
  soft:
    tts: espeak
    with:
      voice: en-us
  hard:
    tts: espeak
    with:
      voice: en-gb
  face:
    avatar: inference
    with:
      model: lemonslice/one
"""

INVOICES = (
    "billing is told other things: 4 words more; "
    "the first that is new: \u201cNever promise a refund.\u201d"
)
PRIVATE = (
    "variables.pin.default of clinic has changed in what is not shown here "
    "(the value used without one; a template may stand here)"
)
WHETHER = "whether their call may be recorded"
BOSS = """\
      boss:
        when: They insist.
  boss:
    instructions: You are the boss.
"""
CASES = {
    "hours": (
        ("    start: host\n", "    start: host\n    hours:\n      monday: 08:00-12:00\n"),
        ["clinic now has hours: monday 08:00-12:00"],
    ),
    "greeting": (
        ("      say: Good day.", "      say: Hello."),
        ["callers of clinic hear a new greeting from host: \u201cHello.\u201d"],
    ),
    "voice": (
        ("    tts: soft", "    tts: hard"),
        ["the voice of clinic is now hard (espeak, en-gb), not soft (espeak, en-us)",
         "the voice soft is used no more by clinic",
         "the voice hard (espeak, en-gb) is now used by clinic"],
    ),
    "model": (
        ("llm: openai/gpt-4.1-mini", "llm: openai/gpt-4.1"),
        ["the model of clinic is now openai/gpt-4.1, not openai/gpt-4.1-mini"],
    ),
    "avatar": (
        ("    tts: soft", "    tts: soft\n    avatar: face"),
        ["callers of clinic now see an avatar: face",
         "the avatar face (inference, lemonslice/one) is now used by clinic"],
    ),
    "option": (
        ("      voice: en-us", "      voice: en-us-nyc"),
        ["the voice soft of clinic: voice is now en-us-nyc, not en-us"],
    ),
    "longest call": (
        ("max_duration: 20m", "max_duration: 30m"),
        ["a call of clinic may now last 30 minutes, not 20 minutes"],
    ),
    "a limit where none was": (
        ("      max_duration: 20m", "      max_calls: 3"),
        ["a call of clinic may now last as long as the caller likes, not 20 minutes",
         "clinic now takes 3 calls at the same time, not any number"],
    ),
    "handoff": (
        ("    handoffs:\n      host:\n        when: It is settled.\n", ""),
        ["billing hands over to host no more"],
    ),
    "words of a handoff": (
        ("        say: One moment.\n", ""),
        ["host now hands over to billing without a word; it said \u201cOne moment.\u201d"],
    ),
    "tool": (
        ("know about invoices.\n", "know about invoices.\n    tools:\n      - book\n"),
        ["billing may now call book"],
    ),
    "tool of the agent": (
        ("      - end_call", "      - end_call\n      - wait"),
        ["clinic has a new tool, wait"],
    ),
    "waiting": (
        ("timeout: 5s", "timeout: 8s"),
        ["callers of clinic may now hear up to 8 s of silence while book works, not 5 s",
         "book now waits up to 8 s, not 5 s"],
    ),
    "another host": (
        ("https://api.clinic.example/book", "https://api.x.com/book"),
        ["book now asks https://api.x.com/book, not https://api.clinic.example/book",
         "CLINIC_TOKEN is now sent to api.x.com, by book",
         "pin is now sent to api.x.com, by book",
         "CLINIC_TOKEN is sent to api.clinic.example no more; it was, by book",
         "pin is sent to api.clinic.example no more; it was, by book"],
    ),
    "a secret to one host more": (
        ("      - book\n    handoffs", "      - book\n      - refund\n    handoffs"),
        ["host may now call refund",
         "the tool refund is new in clinic: it asks https://api.y.com/refunds",
         "CLINIC_TOKEN is now also sent to api.y.com, by refund",
         "the caller's phone number is now sent to api.y.com, by refund",
         "visitor is now sent to api.y.com, by refund"],
    ),
    "private network": (
        ("      timeout: 5s", "      private_network: yes"),
        ["book may now reach addresses in the private network"],
    ),
    "allowed host": (
        ("      - 127.0.0.1:8099", "      - 127.0.0.1:8099\n      - 10.0.0.0/8"),
        ["tools may now reach 10.0.0.0/8 in the private network (a setting of the runner)"],
    ),
    "reload": (
        ("runner:\n", "runner:\n  reload:\n    settle: 1s\n    keep_releases: 5\n"),
        ["the runner now takes files as saved after 1 s without a change, not 0.4 s",
         "the runner now keeps the last 5 releases, not 10"],
    ),
    "reload of calls": (
        ("    start: host\n", "    start: host\n    reload: next_turn\n"),
        ["changed files now reach calls of clinic by next_turn, not by new_calls"],
    ),
    "instructions": (
        ("invoices.", "invoices. Never promise a refund."),
        [INVOICES],
    ),
    "variable": (("house: Sunrise", "house: Moon"), ["house of clinic is now Moon, not Sunrise"]),
    "idle": (
        ("after: 12s", "after: 90s"),
        ["clinic now waits 90 s, not 12 s, when the caller says nothing"],
    ),
    "idle off": (
        ("    idle:\n      after: 12s\n      say: Are you there?\n", "    idle: no\n"),
        ["clinic does nothing more when the caller says nothing"],
    ),
    "recorded sound": (
        ("      mask: card\n", "      mask: card\n      audio: yes\n"),
        ["the sound of calls of clinic is now kept"],
    ),
    "recorded words": (
        ("      mask: card\n", "      mask: card\n      transcript: no\n"),
        ["what callers of clinic say is kept no more"],
    ),
    "announced": (
        ("      mask: card\n", "      mask: card\n      announce: We record this.\n"),
        ["callers of clinic now hear of a recording: \u201cWe record this.\u201d"],
    ),
    "consent": (
        ("      mask: card\n", "      mask: card\n      consent:\n        ask: May we?\n"),
        [f"callers of clinic are now asked {WHETHER}: ask \u201cMay we?\u201d"],
    ),
    "masked": (
        ("      mask: card\n", "      mask: phone\n"),
        ["in what is kept of calls of clinic, card is masked no more",
         "in what is kept of calls of clinic, phone is now masked"],
    ),
    "masked no more": (
        ("      mask: card\n", ""),
        ["in what is kept of calls of clinic, card is masked no more"],
    ),
    "kept for longer": (
        ("      keep: 30d", "      keep: 90d"),
        ["records of clinic are now kept for 90 days, not 30 days"],
    ),
    "kept as others": (
        ("      keep: 30d\n", ""),
        ["records of clinic are now kept as long as those of others, not 30 days"],
    ),
    "record": (
        ("    record:\n      mask: card\n      keep: 30d\n", ""),
        ["what is kept of calls of clinic is said no more; it was mask card and keep 30 days"],
    ),
    "remembers": (
        ("    record:\n", '    memory:\n      of: "{{ caller.phone }}"\n    record:\n'),
        ["clinic now remembers callers: of \u201c{{ caller.phone }}\u201d"],
    ),
    "word to expect": (
        ("- Invisalign", "- bridge"),
        ["clinic expects to hear Invisalign no more", "clinic now expects to hear bridge"],
    ),
    "private": (
        ('default: "4711"', 'default: "0815"'),
        [PRIVATE],
    ),
    "another order": (
        ("- end_call", "- wait\n      - end_call"),
        ["clinic has a new tool, wait"],
    ),
    "actions": (
        ("        description: The day\n", "        description: The day\n    then: end_call\n"),
        ["after its success book now ends the call"],
    ),
    "a persona": (
        ("      host:\n        when: It is settled.\n", BOSS),
        ["the persona boss is new in clinic: it is told 4 words",
         "billing hands over to host no more",
         "billing may now hand over to boss: when \u201cThey insist.\u201d"],
    ),
    "a key without a sentence of its own": (
        ("      max_duration: 20m", "      max_duration: 20m\n      max_tool_steps: 6"),
        ["limits.max_tool_steps of clinic is now 6, not 4 (rounds of tools for one reply)"],
    ),
    "what stands before a tool": (
        ("  book:\n", "  book:\n    confirm: Shall I?\n    max_uses: 2\n    interruptible: no\n"),
        [
            "book now asks the caller first: “Shall I?”",
            "book may now be used 2 times in a call",
            "the words of callers now wait until book is done",
        ],
    ),
    "rules and words meanwhile": (
        ("  book:\n", "  book:\n    background: yes\n    confirm: yes\n"),
        [
            "book now asks the caller first, in the model's own words",
            "the talk now goes on while book works",
            "callers of clinic hear no silence any more while a tool works; it was 5 s",
        ],
    ),
}  # fmt: skip

REFUND_MORE = """\
      url: https://api.y.com/refunds
      method: POST
      headers:
        Authorization: Bearer {{ secrets.CLINIC_TOKEN }}
      body:
        form:
          phone: "{{ caller.phone }}"
          visitor: "{{ visitor }}"
"""
ENDING = "      url: https://api.clinic.example/refunds\n      method: POST\n"


def start(case):
    """Return what stands before, in which two definitions are used by nobody."""
    return BEFORE.replace(ENDING, REFUND_MORE) if "host more" in case else BEFORE


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_of_a_change(case, sentences):
    """Callers' changes are told in these words, the most noticeable first."""
    (old, new), expected = CASES[case]
    before = start(case)
    assert old in before
    assert sentences(before, before.replace(old, new, 1)) == expected


def test_another_avatar_is_told(sentences):
    """Callers see another face, or none any more."""
    one = BEFORE.replace("    tts: soft", "    tts: soft\n    avatar: face")
    two = one.replace("avatar: face", "avatar: other")
    two += "  other:\n    avatar: inference\n    with:\n      model: lemonslice/two\n"
    assert sentences(one, two)[0] == "callers of clinic now see the avatar other, not face"
    assert sentences(one, BEFORE)[0] == "callers of clinic see no avatar any more; it was face"


def test_nothing_private_is_shown(compile_files):
    """Private defaults, and secrets that were written out, are stars in before and after."""
    written = BEFORE.replace("Bearer {{ secrets.CLINIC_TOKEN }}", "Bearer sk-live-1").replace(
        "example/book", "example/book?api_key=sk-live-2&day=1"
    )
    other = written.replace("4711", "0815").replace("live", "live-x")
    shown = document(diff(compile_files({"a.yaml": written}), compile_files({"a.yaml": other})))
    assert "***" in shown
    assert not re.search("4711|0815|sk-live", shown)


DOORS = """\
runner:
  http:
    tokens:
      - {first}
      - "{{{{ secrets.SECOND }}}}"
    rate_limit: {count} per minute
"""


def test_tokens_are_not_shown_and_limits_are_read(compile_files):
    """A token that is written out is stars in the sentence too; a limit reads as it is written."""
    plain = BEFORE[BEFORE.index("agents:") :]
    old, new = (
        compile_files({"a.yaml": DOORS.format(first=first, count=count) + plain})
        for first, count in (("plum-and-pear", 60), ("fig-and-pear", 90))
    )
    changes = diff(old, new)
    assert "pear" not in document(changes)
    sentences = {change.path: change.sentence for change in changes}
    assert "is now 90 per minute, not 60 per minute" in sentences["runner.http.rate_limit"]
    assert "has changed in what is not shown here" in sentences["runner.http.tokens"]


def test_each_row_is_about_keys_that_there_are():
    """No row of the table speaks of a key that the language does not have."""
    for row in TABLE:
        section, *rest = row.place.split(".")
        for name in {"*": ["agents", "personas"], "env": []}.get(section, [section]):
            annotation = Process if name == "runner" else File.model_fields[name].annotation
            assert leads(annotation, rest), row.place


def leads(annotation, parts):
    """Tell whether a place stands below an annotation."""
    if not parts or parts == ["**"]:
        return True
    part, *rest = parts
    for arm in arms(annotation):
        inner = [each for each in getattr(arm, "__args__", ()) if each is not Ellipsis]
        if part == "*" and inner:
            if leads(inner[-1], rest):
                return True
        elif isinstance(arm, type) and issubclass(arm, Block) and takes(arm, part):
            info = arm.model_fields[arm.keys()[part]]
            if leads(info.annotation, rest):
                return True
    return False


def test_each_name_in_braces_is_a_fact():
    """What rows name in braces, `SentenceFacts` has."""
    for row in TABLE:
        for sentences in (row.now, row.gone, row.new, row.yes, row.no):
            if isinstance(sentences, str):
                assert all(
                    hasattr(SentenceFacts, name) for name in re.findall(r"\{(\w+)\}", sentences)
                ), sentences


OPEN = BEFORE.replace(
    "    start: host\n",
    "    start: host\n    hours:\n      monday: 08:00-12:00\n      closed_on: 2026-12-25\n"
    "      closed: billing\n",
)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("08:00-12:00", "08:00-13:00", "on monday clinic is now open 08:00-13:00, not 08:00-12:00"),
        ("monday: 08", "tuesday: 08", "on monday clinic is now closed; it was open 08:00-12:00"),
        ("monday: 08", "tuesday: 08", "on tuesday clinic is now open 08:00-12:00"),
        (
            "2026-12-25",
            "2026-12-26",
            "the list of dates on which clinic is closed is now 2026-12-26, and has no longer 2026-12-25",  # noqa: E501 - as it is said
        ),
        ("      closed_on: 2026-12-25\n", "", "clinic is closed on 2026-12-25 no more"),
        (
            "closed: billing",
            "closed: host",
            "calls of clinic outside its hours are now answered by host, not by billing",
        ),
        (
            "      closed: billing\n",
            "",
            "calls of clinic outside its hours are now answered as all are, not by billing",
        ),
    ],
)
def test_hours_are_told_day_by_day(old, new, wanted, sentences):
    """Another opening, another date and another persona outside each have their sentence."""
    assert wanted in sentences(OPEN, OPEN.replace(old, new))


LINES = BEFORE.replace(
    "    start: host\n",
    '    start: host\n    phone:\n      numbers:\n        - "+842412345678"\n',
)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("5678", "5679", "clinic now answers calls of +842412345679"),
        ("5678", "5679", "clinic answers calls of +842412345678 no more"),
    ],
)
def test_numbers_are_told_one_by_one(old, new, wanted, sentences):
    """A number that came and one that went each have their sentence."""
    assert wanted in sentences(LINES, LINES.replace(old, new))


def test_an_agent_that_is_reached_by_telephone_or_no_more(sentences):
    """The first numbers and the last are told as what they are."""
    assert "clinic now answers calls by telephone: numbers +842412345678" in sentences(
        BEFORE, LINES
    )
    gone = "clinic answers no calls by telephone any more; it had numbers +842412345678"
    assert gone in sentences(LINES, BEFORE)


MEMORY = BEFORE.replace(
    "    record:\n",
    '    memory:\n      of: "{{ caller.phone }}"\n      keep: visitor\n'
    "      for: 30d\n    record:\n",
)

AGAIN = (
    "clinic now knows callers again by \u201c{{ caller.name }}\u201d, "
    "not by \u201c{{ caller.phone }}\u201d"
)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("caller.phone", "caller.name", AGAIN),
        ("      keep: visitor\n", "", "clinic keeps visitor of callers no more"),
        ("      for: 30d\n", "",
         "clinic now remembers callers until they are forgotten, not for 30 days"),
        ("for: 30d", "for: 90d", "clinic now remembers callers for 90 days, not for 30 days"),
        ("      for: 30d\n", "      for: 30d\n      summary: yes\n",
         "clinic now remembers what calls were about"),
    ],
)  # fmt: skip
def test_a_memory_is_told_key_by_key(old, new, wanted, sentences):
    """Whom it is about, what is kept and for how long each have their sentence."""
    assert wanted in sentences(MEMORY, MEMORY.replace(old, new))


def test_an_agent_that_forgets(sentences):
    """A memory that comes or goes as a whole is told as what it is."""
    assert "clinic remembers nothing of callers any more" in sentences(MEMORY, BEFORE)
