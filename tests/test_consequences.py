"""One mistake is one error: what only follows from it is not told, or told beside it."""

from __future__ import annotations

import pytest

from runner.compiler import Compiler

GOOD = """\
agents:
  desk:
    start: host
    llm: openai/gpt-4.1-mini
    stt: deepgram/nova-3
    tts: cartesia/sonic-3
    variables:
      guest:
        type: text
        optional: yes
personas:
  host:
    instructions: You answer the phone.
    greeting:
      say: Good day.
    tools:
      - book
    handoffs:
      helper:
        when: The caller asks for help.
  helper:
    instructions: You help.
    tools:
      - book
tools:
  book:
    description: Books a table.
    http:
      url: https://tables.example/book
"""

CHANGES = {
    "a name that is misspelt where it is defined": ("  book:\n", "  boock:\n"),
    "a section that is misspelt": ("tools:\n  book:", "tolls:\n  book:"),
    "a name that is left out": ("  host:\n    instr", "    instr"),
    "a key one level out": ("    start: host", "  start: host"),
    "the first key of a name one level out": ("    instructions: You h", "  instructions: You h"),
    "a name with a dash": ("  desk:\n", "  - desk:\n"),
    "a section one space in": ("\npersonas:", "\n personas:"),
    "a section without its colon": ("personas:\n", "personas\n"),
    "a name without its colon": ("  helper:\n    instr", "  helper\n    instr"),
    "a block one level out": ("    greeting:\n      say:", "  greeting:\n    say:"),
    "two lines in another order": (
        "  host:\n    instructions: You answer the phone.\n",
        "    instructions: You answer the phone.\n  host:\n",
    ),
}


def errors_of(tmp_path, text):
    """What `lkrun check` calls errors."""
    (tmp_path / "agents.yaml").write_text(text, "utf-8")
    found = Compiler(tmp_path, env={}).compile().diagnostics
    return [d for d in found if d.severity == "error"]


@pytest.mark.parametrize("change", CHANGES)
def test_one_change_is_one_error(change, tmp_path):
    """A good file with one line changed, as beginners change it."""
    before, after = CHANGES[change]
    assert GOOD.count(before) == 1
    errors = errors_of(tmp_path, GOOD.replace(before, after))
    assert len(errors) == 1, [f"{d.span.line}: {d.code} {d.message}" for d in errors]


def test_a_file_whose_end_is_lost_is_one_error(tmp_path):
    """The file ends within a line: all that it lacks stands beside the first."""
    (error,) = errors_of(tmp_path, GOOD[: GOOD.index("ler asks")])
    assert "the file ends here" in " ".join(each.message for each in error.related)


def test_an_unknown_name_is_told_with_all_its_places(tmp_path):
    """Two personas list a tool that nobody defines: one error, and the other place beside it."""
    (error,) = errors_of(tmp_path, GOOD.replace("  book:\n", "  reserve:\n"))
    assert [(each.span.line, each.message) for each in error.related][-1] == (24, "and here")


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ([("say: Good", "sya: Good"), ("when: The", "wen: The")], ["E101", "E101"]),
        ([("start: host", "start: hots"), ("description: B", "descripton: B")], ["E202", "E101"]),
        ([("  host:\n    instr", "    instr"), ("url: ", "ulr: ")], ["E103", "E101"]),
    ],
)
def test_two_mistakes_are_two_errors(changes, codes, tmp_path):
    """What is wrong by itself is not hidden behind another mistake."""
    text = GOOD
    for before, after in changes:
        text = text.replace(before, after)
    assert [d.code for d in errors_of(tmp_path, text)] == codes
