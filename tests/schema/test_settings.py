"""Settings: templates that are fixed when a folder is loaded."""

from __future__ import annotations

import pytest

from runner.schema.reading.load import load
from runner.syntax import parse

TEXT = """\
agents:
  desk:
    start: host
    llm: openai/x
    variables:
      patience: 2s
      town: "{{ env.TOWN or 'Hue' }}"
      guest:
        description: who calls
    idle:
      after: VALUE
      say: Hello?
"""
TOOL = """\
tools:
  ask:
    description: asks
    http:
      url: https://x.example/
      timeout: VALUE
"""


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3s", 3.0),
        ('"{{ patience }}"', 2.0),
        ("\"{{ env.AFTER or '4s' }}\"", 4.0),
        ('"{{ env.SET }}"', 60.0),
        ("\"{{ '5s' if town == 'Hue' else '6s' }}\"", 5.0),
    ],
)
def test_a_setting_is_fixed_at_load(value, seconds):
    """A setting may use the environment and the agent's fixed variables."""
    specs = load(parse("a.yaml", TEXT.replace("VALUE", value).encode()), {"SET": "1m"})
    assert specs.diagnostics == ()
    assert specs.definitions[0].spec.idle.after == seconds


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        ('"{{ env.NOT_SET }}"', "E306", "the environment variable NOT_SET is not set"),
        ('"{{ env }}"', "E301", "'env' needs a name behind it"),
        (
            '"{{ env.API_KEY }}"',
            "E307",
            "'env.API_KEY' looks like a secret, and env is for what may be seen",
        ),
        ('"{{ secrets.A }}"', "E305", "a secret cannot stand in a setting"),
        ('"{{ guest }}"', "E308", "'guest' is not known when the folder is loaded"),
        ('"{{ caller.phone }}"', "E308", "'caller' is not known when the folder is loaded"),
        ('"{{ town }}"', "E108", "'Hue' is not a duration"),
        ("\n        - 3s", "E104", "a list stands here, where one value belongs"),
        ("\n        s: 3", "E104", "a block of keys stands here, where one value belongs"),
        ("", "E105", "'after' has no value"),
        ("99999999999s", "E108", "'99999999999s' is not a duration"),
    ],
)
def test_what_cannot_be_fixed_is_told(mistakes_in, value, code, message):
    """What is only known in a call, or may not be seen, is refused once, in these words."""
    (mistake,) = mistakes_in(TEXT.replace("after: VALUE", f"after: {value}".rstrip()))
    assert (mistake[0], mistake[2]) == (code, message)


def test_a_template_that_cannot_be_read_is_told(mistakes_in):
    """A mistake in the template itself is told instead of its value."""
    (mistake,) = mistakes_in(TEXT.replace("VALUE", '"{{ ( }}"'))
    assert mistake[0] == "E301"


def test_a_shared_definition_waits_for_its_agent():
    """A setting of a tool that needs an agent's variables is no mistake: it is read later."""
    specs = load(parse("a.yaml", TOOL.replace("VALUE", '"{{ patience }}"').encode()), {})
    (tool,) = specs.definitions
    assert specs.diagnostics == ()
    assert (tool.deferred, tool.spec) == (True, None)


def test_a_fixed_variable_that_cannot_be_read_is_told_once(mistakes_in):
    """The mistake stands at the variable, not at each setting that uses it."""
    text = TEXT.replace("env.TOWN or 'Hue'", "env.TOWN").replace("VALUE", '"{{ patience }}"')
    (mistake,) = mistakes_in(text)
    assert mistake[:2] == ("E306", 7)
