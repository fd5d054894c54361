"""Names in templates and keys, from the view of an agent."""

from __future__ import annotations

import pytest

TEXT = """\
agents:
  desk:
    start: host
    mode: text
    llm: openai/x
    variables:
      house: Lotus
      code:
        description: the code
        private: yes
        default: x
      size:
        type: choice
        choices:
          - small
          - large
        default: small
      dishes:
        type: list
        of: text
      orders:
        type: list
        of:
          dish:
            description: what
          amount:
            type: integer
            optional: yes
personas:
  host:
    instructions: For {{ house }} {{ size }} {{ code and '' }} {{ dishes or '' }} {{ orders }}
    tools:
      - ask
      - order
      - change
      - cancel
tools:
  ask:
    description: asks
    parameters:
      day:
        type: date
    http:
      url: https://x.example/{{ args.day }}
    then:
      - say: Done.
  order:
    add_to: orders
  change:
    change_in: orders
  cancel:
    remove_from: orders
"""
CODE = "{{ code and '' }} "


def test_the_text_that_the_cases_change_has_one_mistake(mistakes_in):
    """A private variable where the model sees it is the only mistake of the text below."""
    assert mistakes_in(TEXT) == [
        ("E305", 31, "'code' is private, and here the model or the caller could see it")
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "x.example/",
            "{{ secrets.HOST }}/",
            "E309 'secrets.HOST' could change which server is asked",
        ),
        ("x.example/", "{{ size }}.example/", "E309 'size' could change which server is asked"),
        ("x.example/", "{{ house }}.example/", None),
        ("{{ house }}", "{{ house }} {{ args.day }}", "E304 'args' has no value here"),
        ("{{ house }}", "{{ house }} {{ result }}", "E304 'result' has no value here"),
        (
            "{{ house }}",
            "{{ house }} {{ caller }}",
            "E302 'caller' needs a part, such as caller.identity",
        ),
        ("{{ house }}", "{{ house }} {{ caller.phon }}", "E302 'caller' has no part 'phon'"),
        ("{{ house }}", "{{ house }} {{ secrets }}", "E301 'secrets' needs a name behind it"),
        ("{{ house }}", "{{ house }} {{ env }}", "E301 'env' needs a name behind it"),
        ("{{ house }}", "{{ house }} {{ phone }}", "E302 unknown name 'phone'"),
        (
            "{{ house }}",
            "{{ house }} {{ open_now }}",
            "E304 'open_now' has no value here: agent 'desk' has no hours",
        ),
        ("{{ args.day }}", "{{ args.dya }}", "E302 the tool has no parameter 'dya'"),
        ("{{ args.day }}", "{{ day }}", "E302 unknown name 'day'"),
        ("- say: Done.", "- set:\n          size: huge", "E117 'huge' is not one of the choices"),
        ("- say: Done.", "- set:\n          size: large", None),
        (
            "- say: Done.",
            "- set:\n          dishes: rice",
            "E117 a plain text cannot be the value of a list",
        ),
        (
            "- say: Done.",
            "- set:\n          house: Rose",
            "E209 'house' has a fixed value, so nothing can change it",
        ),
        ("- say: Done.", "- set:\n          sizes: large", "E202 unknown variable 'sizes'"),
        (
            "- say: Done.",
            "- tool: order\n        with:\n          dish: rice\n          amount: two",
            "E117 'two' is not a whole number",
        ),
        (
            "- say: Done.",
            "- tool: order\n        with:\n          dihs: rice",
            "E202 tool 'order' has no parameter 'dihs'",
        ),
        ("- say: Done.", "- tool: order", "E103 tool 'order' needs 'dish'"),
        (
            "- say: Done.",
            "- tool: change\n        with:\n          line: '1'\n          dish: rice",
            None,
        ),
        ("- say: Done.", "- tool: cancel", "E103 tool 'cancel' needs 'line'"),
        ("- say: Done.", "- tool: transfer_call", "E202 unknown tool 'transfer_call'"),
        ("- say: Done.", "- tool: host", "E202 unknown tool 'host'"),
        ("add_to: orders", "add_to: dishes", "E210 'dishes' is not a list of records"),
        (
            "add_to: orders",
            "remember: code",
            "E210 'code' is private, so the model may not store it",
        ),
        (
            "        type: date",
            "        type: choice\n        choices_from: size",
            "E210 'size' is not a list, so nothing can be chosen from it",
        ),
        ("        type: date", "        type: choice\n        choices_from: dishes", None),
    ],
)
def test_names_are_what_they_must_be(mistakes_in, old, new, expected):
    """Each name is known, has a value where it stands, and may be seen and changed there."""
    text = TEXT.replace(CODE, "")
    assert old in text
    mistakes = mistakes_in(text.replace(old, new))
    errors = [f"{code} {message}" for code, _, message in mistakes if code.startswith("E")]
    assert errors == ([expected] if expected else [])
