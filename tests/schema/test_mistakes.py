"""Mistakes in the shape of a definition, each told once in plain words."""

from __future__ import annotations

import pytest

AGENT = "agents:\n  desk:\n    start: host\n    llm: openai/x\n"
PERSONA = "personas:\n  host:\n    instructions: x\n"
HTTP = "tools:\n  ask:\n    description: x\n    http:\n      url: https://x.example/\n"
FIELD = "tools:\n  ask:\n    description: x\n    say: x\n    parameters:\n      day:\n"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            AGENT + "    idle:\n      say: a\n      instructions: b\n",
            "E106",
            "'say' and 'instructions' stand together, but idle has exactly one of them",
        ),
        (
            AGENT + "    idle:\n      after: 3s\n",
            "E106",
            "idle needs one of: say, instructions, then",
        ),
        (
            AGENT + "    variables:\n      a:\n        - b:\n            c: d\n",
            "E104",
            "a fixed list holds texts only",
        ),
        (AGENT + "    variables:\n      a:\n", "E105", "'a' has no value"),
        (AGENT + '    vad: ""\n', "E105", "there is no name here"),
        (AGENT + "    timezone: nowhere\n", "E113", "'nowhere' is not a time zone"),
        (AGENT + "    mode: chat\n", "E107", "'chat' is not one of the choices here"),
        (
            AGENT + "    mode: transcription\n",
            "E107",
            "'transcription' is not one of the choices here",
        ),
        (AGENT + "    limits:\n      max_calls: 0\n", "E109", "0 is out of bounds"),
        (AGENT + "    limits:\n      max_tool_steps: 3.5\n", "E109", "'3.5' is not a whole number"),
        (AGENT + "    tools: end_call\n", "E104", "'tools' holds a text, where a list belongs"),
        (
            AGENT + "    tools:\n      a: b\n",
            "E104",
            "'tools' holds a block of keys, where a list belongs",
        ),
        (
            AGENT + "    tools:\n      a:\n        b: c\n",
            "E104",
            "'tools' holds a block of keys, where a list belongs",
        ),
        (
            AGENT + "    tools: -end_call\n",
            "E104",
            "there is no space after the '-' of this list item",
        ),
        (
            AGENT + "    labels:\n      - a\n",
            "E104",
            "'labels' holds a list, where a block of names belongs",
        ),
        (
            AGENT + "    labels:\n      - a: b\n",
            "E104",
            "'labels' holds a list, where a block of names belongs",
        ),
        (
            AGENT + "    labels: a\n",
            "E104",
            "'labels' holds a text, where a block of names belongs",
        ),
        (AGENT + "    limits: a\n", "E104", "'limits' holds a text, where a block of keys belongs"),
        (
            AGENT + "    limits:\n      - max_calls: 3\n",
            "E104",
            "'limits' holds a list, where a block of keys belongs",
        ),
        (
            AGENT + "    instructions:\n      - a\n",
            "E104",
            "'instructions' holds a list, where a text belongs",
        ),
        (
            AGENT + "    tools:\n      - a: b\n",
            "E104",
            "an entry of 'tools' holds a block of keys, where a text belongs",
        ),
        (
            PERSONA + "    greeting: Hello\n",
            "E104",
            "'greeting' holds a text, where a block of keys belongs",
        ),
        (
            PERSONA + "    greeting:\n      say: a\n      instructions: b\n",
            "E106",
            "'say' and 'instructions' stand together, but a greeting has exactly one of them",
        ),
        (
            PERSONA + "    greeting:\n      interruptible: no\n",
            "E106",
            "a greeting needs one of: instructions, play, say",
        ),
        (PERSONA + "    greeting:\n      sya: a\n", "E101", "unknown key 'sya'"),
        (
            PERSONA + "    greeting:\n      say:\n        english: Hello\n",
            "E107",
            "'english' is not a language that dates and numbers can be written in",
        ),
        (
            PERSONA + "    tts:\n      voice: a\n",
            "E104",
            "a block of keys stands here, where one value or a list belongs",
        ),
        (
            HTTP + "      body:\n        json: a\n        text: b\n",
            "E106",
            "'json' and 'text' stand together, but a body has exactly one of them",
        ),
        (
            HTTP + "    result:\n      pick: a\n      hide: yes\n",
            "E112",
            "'pick' and 'hide' both say what the model sees",
        ),
        (
            HTTP.replace("https://x.example/", "GET https://x.example/"),
            "E114",
            "'GET https://x.example/' is not an address",
        ),
        (
            HTTP.replace("https://x.example/", "ftp://x.example/"),
            "E114",
            "'ftp://x.example/' is not an address",
        ),
        (
            HTTP.replace("https://x.example/", "https://x.example/a b"),
            "E114",
            "an address cannot hold a space",
        ),
        (HTTP.replace("https://x.example/", '""'), "E105", "there is no address here"),
        (HTTP + "    then: say\n", "E104", "'say' stands here, where an action belongs"),
        (
            HTTP + "    then:\n      - end_call: no\n",
            "E107",
            "'no' stands here, where yes or words belong",
        ),
        (
            HTTP + "    result:\n      pick: '[ '\n",
            "E116",
            "'[ ' cannot be read as a JMESPath expression at character 3",
        ),
        (
            "tools:\n  pause:\n    wait: no\n",
            "E107",
            "'no' stands here, where yes or a duration belongs",
        ),
        (
            "tools:\n  add:\n    add_to: dishes\n    parameters:\n      a:\n        type: text\n",
            "E112",
            "'add_to' takes its parameters from the records of the list",
        ),
        (
            FIELD
            + "        type: choice\n        choices:\n          - a\n        choices_from: b\n",
            "E106",
            "'choices' and 'choices_from' stand together, but a choice has exactly one of them",
        ),
        (FIELD + "        type: choice\n", "E103", "a choice needs its 'choices'"),
        (
            FIELD + "        choices:\n          - a\n",
            "E112",
            "'choices' goes with type: choice, and this is a text",
        ),
        (
            FIELD + "        type: yes_no\n        min: 3\n",
            "E112",
            "'min' does not go with type: yes_no",
        ),
        (
            FIELD + "        type: date\n        min: soon\n",
            "E117",
            "'soon' is not a date such as 2026-12-04",
        ),
        (
            FIELD + "        type: time\n        min: '9:30'\n",
            "E117",
            "'9:30' is not a time such as 14:30",
        ),
        (
            FIELD + "        type: integer\n        min: 3\n        max: 2\n",
            "E109",
            "min 3 is more than max 2",
        ),
        (
            FIELD + "        type: time\n        min: '14:30'\n        max: '15:30+07:00'\n",
            "E117",
            "of min and max one has a time zone and the other has none",
        ),
        (
            FIELD + "        type: list\n        default: a\n",
            "E117",
            "a plain text cannot be the value of a list",
        ),
        (
            FIELD + "        type: email\n        default: a@b\n",
            "E117",
            "'a@b' is not an e-mail address",
        ),
        (FIELD + "        type: number\n        default: 1e5\n", "E117", "'1e5' is not a number"),
        (
            FIELD + "        type: integer\n        default: 1.5\n",
            "E117",
            "'1.5' is not a whole number",
        ),
        (
            FIELD + "        type: choice\n        choices:\n          - a\n        default: b\n",
            "E117",
            "'b' is not one of the choices",
        ),
        (FIELD + "        of: text\n", "E112", "'of' goes with type: list, and this is a text"),
        (FIELD + "        type: object\n", "E103", "an object needs its 'fields'"),
        (
            FIELD + "        pattern: '('\n",
            "E115",
            "the regular expression cannot be used: a ( is never closed",
        ),
        (
            "runner:\n  network:\n    allow:\n      - 10.0.0.0/99\n",
            "E114",
            "'10.0.0.0/99' is not a host or network",
        ),
        ("runner:\n  network:\n    allow:\n      - https:x\n", "E114", "'https:x' is not a host"),
        ("language: 2\n", "E107", "'2' is not one of the choices here"),
        ("language:\n", "E105", "'language' has no value"),
        ("tools: x\n", "E104", "'tools' holds a text, where names belong"),
        ("tools:\n  - x\n", "E104", "'tools' holds a list, where names belong"),
    ],
)
def test_a_mistake_is_told_once(mistakes_in, text, code, message):
    """Each of these files has one mistake, and one message that says what it is."""
    mistakes = mistakes_in(text)
    assert [(c, m) for c, _, m, _ in mistakes] == [(code, message)]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (AGENT + "    tools: -end_call\n", "put a space after the dash of each entry: - end_call"),
        (AGENT + "    tools: a\n", "write each entry on a line of its own, with a dash: - a"),
        (AGENT + "    tools:\n      a: b\n", "write a dash and a space before each entry: - a"),
        (
            AGENT + "    tools:\n      a:\n        b: c\n",
            "write only the name here, with a dash: - a",
        ),
        (AGENT + "    labels:\n      - a\n", "write each name with a colon instead of a dash: a:"),
        (AGENT + "    labels:\n      - a: b\n", "take the dashes away: a:"),
        (AGENT + "    tools:\n      - a: b\n", "take the colon away: - a"),
        (AGENT + "    timezone: Vietnam\n", "did you mean 'Asia/Ho_Chi_Minh'?"),
        (
            AGENT + "    timezone: Deutschland\n",
            "did you mean 'Europe/Berlin' or 'Europe/Busingen'?",
        ),
        (AGENT + "    limits:\n      max_duration: 3 minutes\n", "write 3m"),
        (AGENT + "    limits:\n      max_duration: 1,5 h\n", "write 1.5h"),
        (AGENT + "    limits:\n      max_duration: 200 milliseconds\n", "write 200ms"),
        (
            AGENT + "    limits:\n      max_duration: 3\n",
            "add the unit: 3s for seconds, 3m for minutes",
        ),
        (
            AGENT + "    limits:\n      max_duration: 400\n",
            "add the unit: 400ms for milliseconds, 400s for seconds",
        ),
        (AGENT + "    limits:\n      max_duration: 9999999999 s\n", "write at most nine digits"),
        (AGENT + "    enabled: ja\n", "write yes"),
        (AGENT + "    enabled: never\n", "write no"),
        (AGENT + "    enabled: perhaps\n", "write yes or no"),
        (AGENT + "    timezone: Ho Chi Minh\n", "did you mean 'Asia/Ho_Chi_Minh'?"),
        (
            AGENT + "    timezone: CET+1\n",
            "write it as continent and city, such as Europe/Berlin or Asia/Ho_Chi_Minh",
        ),
        (HTTP + "    result:\n      pick: '{{ a.b }}'\n", "write it without braces: a.b"),
        (FIELD + "        type: str\n", "did you mean 'text'?"),
        (AGENT.replace("  desk:", "  Front Desk:"), "write front_desk"),
        (AGENT.replace("  desk:", "  M\u00fcller:"), "write mueller"),
        (AGENT.replace("  desk:", "  " + "d" * 64 + ":"), "write at most 63 characters"),
    ],
)
def test_the_help_says_what_to_write(mistakes_in, text, hint):
    """The help of a mistake is what would have been right."""
    (mistakes,) = mistakes_in(text)
    assert mistakes[3] == hint


@pytest.mark.parametrize(
    ("text", "line", "key", "owner"),
    [
        (AGENT + "    variables:\n    town: Hue\n    street: Le Loi\n", 6, "town", "variables"),
        (AGENT + "    limits:\n    max_calls: 3\n", 6, "max_calls", "limits"),
        (HTTP + "    result:\n    pick: a.b\n", 7, "pick", "result"),
        (PERSONA + "    greeting:\n    say: Hello\n", 5, "say", "greeting"),
        (PERSONA + "tools:\nask:\n  description: x\n  say: x\n", 5, "ask", "tools"),
        ("personas:\n  host:\n  instructions: x\n", 3, "instructions", "host"),
    ],
)
def test_a_block_that_is_not_indented_is_told_once(mistakes_in, text, line, key, owner):
    """Keys beside the empty key that they belong below are one mistake, told at the first."""
    (mistakes,) = mistakes_in(text)
    assert mistakes[:3] == ("E013", line, f"'{key}' stands beside '{owner}', not below it")


def test_keys_beside_an_empty_key_that_does_not_take_them_are_unknown(mistakes_in):
    """Where the empty key could not hold them, both are told by themselves."""
    mistakes = mistakes_in(AGENT + "    limits:\n    nonsense: 3\n")
    assert {(c, n) for c, n, _, _ in mistakes} == {("E105", 5), ("E101", 6)}
