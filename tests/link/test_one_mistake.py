"""One mistake is told once: what follows from it is not told as well."""

from __future__ import annotations

import pytest

AGENT = """\
agents:
  desk:
    start: counter
    mode: text
    llm: brain
    tools:
      - note
"""
PERSONA = """\
  counter:
    instructions: Be kind.
    handoffs:
      kitchen:
        when: They are hungry.
"""
KITCHEN = "  kitchen:\n    instructions: Be kind.\n"
TOOL = "  note:\n    description: Note it.\n    answer: Noted.\n"
BRAIN = """\
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hi
          say: Hello.
"""
PARTS = {"personas": PERSONA + KITCHEN, "tools": TOOL, "providers": BRAIN}


def listed(part):
    """Each name of a section with a dash before it."""
    return "".join(
        f"  - {line.lstrip()}" if line[2] != " " else f"  {line}"
        for line in part.splitlines(keepends=True)
    )


SHAPES = {
    "a list": (listed, "E104"),
    "nothing": (lambda _: "", "E105"),
    "a comment": (lambda _: "  # to come\n", "E105"),
    "a text below": (lambda _: "  to come\n", "E104"),
    "a list of words": (lambda _: "  - counter\n  - note\n", "E104"),
}


def written(**changed):
    """A file, with sections in other shapes."""
    parts = {**PARTS, **changed}
    return AGENT + "".join(f"{section}:\n{part}" for section, part in parts.items())


def test_the_file_without_a_mistake(mistakes_in):
    """What the shapes are made of has no mistake."""
    assert mistakes_in(written()) == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("section", PARTS)
def test_a_section_without_names_is_one_mistake(mistakes_in, section, shape):
    """The names that the agent uses are not told as unknown besides."""
    change, code = SHAPES[shape]
    found = mistakes_in(written(**{section: change(PARTS[section])}))
    assert [(c, m.partition(" ")[0]) for c, _, m in found] == [(code, f"'{section}'")]


def test_names_of_other_sections_are_told_all_the_same(mistakes_in):
    """Only what the section would define is left open."""
    text = written(tools="  - note:\n      say: x\n").replace("llm: brain", "llm: brian", 1)
    assert [c for c, *_ in mistakes_in(text)] == ["E202", "E104"]


@pytest.mark.parametrize("section", PARTS)
def test_the_dashes_are_to_be_deleted(linked, section):
    """The help names what stands behind them; whoever follows it has a file without mistakes."""
    found = linked(written(**{section: listed(PARTS[section])})).diagnostics
    before = {"personas": "counter: and before kitchen:", "tools": "note:", "providers": "brain:"}
    assert [d.help for d in found] == [f"delete the dash and the space before {before[section]}"]
    followed = "  " + listed(PARTS[section]).replace("\n  - ", "\n  ").removeprefix("  - ")
    assert linked(written(**{section: followed})).diagnostics == ()
