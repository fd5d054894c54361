"""Helps that say exactly what to write, followed to the letter by a script."""

from __future__ import annotations

import re

import pytest
from support import golden

from runner.cache import Cache

WRITE = re.compile(r"write ((?:- )?[\w-]+: (?:\"[^\"]*\"|'(?:[^']|'')*'|[\w./-]+))")
"""A whole line of a file, as a help says it."""

DELETE = re.compile(r"delete (\d+) spaces? at the start of lines? (\d+)(?: to (\d+))?")
BAR = re.compile(r"write '([\w-]+: \|)' in line (\d+)")
MOVE = re.compile(r"move lines? (\d+)(?: to (\d+))? by (\d+) spaces? to the (left|right)")


def followed(mistake, lines):
    """The file with one help followed; None where no script can follow it."""
    start, end, hint = mistake.span.line - 1, mistake.span.end_line, mistake.help or ""
    if mistake.write and "section" not in mistake.message and "name of" not in mistake.message:
        key = mistake.write[0].split(":")[0].strip(" -")
        while start and key not in lines[start]:
            start -= 1
        while (
            mistake.code == "E104"
            and end < len(lines)
            and _indent(lines[end]) > _indent(lines[start])
        ):
            end += 1
        return [*lines[:start], *mistake.write, *lines[end:]]
    if match := DELETE.search(hint):
        return _moved(lines, match[2], match[3], -int(match[1]))
    if match := MOVE.search(hint):
        return _moved(lines, match[1], match[2], int(match[3]) * (1 if match[4] == "right" else -1))
    if match := BAR.search(hint):
        row = int(match[2]) - 1
        begin = lines[row][: len(lines[row]) - len(lines[row].lstrip())]
        return [*lines[:row], begin + match[1], *lines[row + 1 :]]
    if (match := WRITE.match(hint)) and mistake.span.line == mistake.span.end_line:
        key = match[1].partition(":")[0]
        if lines[start].lstrip().startswith(f"{key}:"):
            begin = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
            return [*lines[:start], begin + match[1], *lines[start + 1 :]]
    return None


def _indent(line):
    return len(line) - len(line.lstrip())


def _moved(lines, first, last, by):
    rows = range(int(first) - 1, int(last or first))
    return [
        ((" " * by + line) if by > 0 else line[-by:]) if row in rows and line.strip() else line
        for row, line in enumerate(lines)
    ]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    kept = Cache(tmp_path_factory.mktemp("cache"))
    yield kept
    kept.flush()


CASES = sorted(p.stem for p in golden.BAD.glob("*.yaml") if p.stem[:2] in ("E0", "E1", "W0"))


@pytest.mark.parametrize("case", CASES)
def test_a_help_that_is_followed_to_the_letter_is_accepted(case, tmp_path, cache):
    """Where a help says the lines, its mistake is gone once they are written, and none is new."""
    path = tmp_path / f"{case}.yaml"
    source = (golden.BAD / path.name).read_text(encoding="utf-8")
    path.write_text(source, encoding="utf-8")
    before = golden.compiled(tmp_path, cache).diagnostics
    for mistake in before:
        lines = followed(mistake, source.split("\n"))
        if lines is None:
            continue
        path.write_text("\n".join(lines), encoding="utf-8")
        after = golden.compiled(tmp_path, cache).diagnostics
        same = [d for d in after if (d.code, d.message) == (mistake.code, mistake.message)]
        alike = [d for d in before if (d.code, d.message) == (mistake.code, mistake.message)]
        assert len(same) < len(alike), (mistake.help, mistake.write, lines)
        near = [d for d in after if d not in before and abs(d.span.line - mistake.span.line) <= 2]
        assert not [d for d in near if d.code[:3] in ("E01", "E02", "W00")], (mistake.help, near)
