"""Text to a `Document`: every mistake of the file, and all that can be used of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.diagnostics import Diagnostic, Related, Span
from runner.late_pattern import late
from runner.source.characters import Flaw, decode, unseen
from runner.syntax.allows import allows
from runner.syntax.document import Data, Document
from runner.syntax.remainder import Remainder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.syntax.scene import Mistake
    from runner.syntax.tree import Tree

MAX_ROUNDS = 20

_ROOTS: dict[type, str] = {list: "a list", str: "a text"}


def parse(file: str, data: bytes) -> Document:
    """Return what the YAML file `file` with the content `data` holds; never raises.

    A mistake costs the definition in which it stands: the rest of the file is read again without
    it, up to 20 times.
    """
    decoded = decode(data)
    remainder = Remainder(decoded.text)
    diagnostics = [_flawed(file, decoded.flaw)] if decoded.flaw else []
    diagnostics += _flaws(file, remainder)
    root, tree, mistakes = _read(file, remainder)
    diagnostics += mistakes
    words = remainder.words
    sections: dict[str, Data] = {}
    if isinstance(root, dict):
        sections = root
        words |= tree.words
        _restore_sections(sections, remainder)
    elif root is not None:
        diagnostics.append(_wrong_root(file, root, tree))
        words |= set(_WORD.findall(remainder.text))
    elif not diagnostics:
        message = (
            "this file is empty" if not decoded.text.strip() else "this file holds only comments"
        )
        diagnostics.append(
            Diagnostic(
                Span(file), "W001", message, "write a section such as 'agents:', or delete it"
            )
        )
    diagnostics += tree.diagnostics
    return Document(
        file,
        sections,
        diagnostics=tuple(sorted(diagnostics, key=_order)),
        words=frozenset(words),
        allows=allows(remainder.text, tree.texts),
        marks=tree.marks.tobytes() if isinstance(root, dict) else b"",
        lines=tree.starts.tobytes(),
    )


_WORD = late(r"[A-Za-z_][A-Za-z0-9_-]*")


def _order(item: Diagnostic) -> tuple[Any, ...]:
    return (item.span, item.code)


def _flaws(file: str, remainder: Remainder) -> list[Diagnostic]:
    """A diagnostic for each line with characters nobody can see; their definitions are left out."""
    flaws = list(unseen(remainder.text))
    for flaw in flaws[:MAX_ROUNDS]:
        remainder.leave_out(flaw.line - 1)
    if len(flaws) > MAX_ROUNDS:
        remainder.leave_out_rest(flaws[MAX_ROUNDS].line - 1)
    return [_flawed(file, flaw) for flaw in flaws[:MAX_ROUNDS]]


def _flawed(file: str, flaw: Flaw) -> Diagnostic:
    span = Span(file, flaw.line, flaw.column, flaw.line, flaw.column + 1)
    return Diagnostic(span, flaw.code, flaw.message, flaw.help)


def _read(file: str, remainder: Remainder) -> tuple[Data, Tree, list[Diagnostic]]:
    # they import strictyaml, which is not needed with a full cache
    from runner.syntax import rounds  # noqa: PLC0415 - see above
    from runner.syntax.languages import other_language  # noqa: PLC0415 - as above

    diagnostics: list[Diagnostic] = []
    while True:
        outcome = rounds.compose(file, remainder.text)
        mistake, lost = outcome.mistake, outcome.tree.lost
        if not diagnostics and (mistake or _no_sections(outcome.data)):
            mistake = other_language(remainder.text) or mistake
        if mistake is None and not lost:
            return outcome.data, outcome.tree, diagnostics
        if mistake is None or not _told(mistake, diagnostics):
            diagnostics += [_diagnostic(file, mistake)] if mistake else lost
        if len(diagnostics) >= MAX_ROUNDS:
            remainder.leave_out_rest(0)
        elif mistake is None:
            for row in {item.span.line - 1 for item in lost}:
                remainder.leave_out(row)
        elif mistake.rest_lost:
            remainder.leave_out_rest(mistake.row)
        else:
            remainder.leave_out(mistake.row, line_only=mistake.line_only)


def _told(mistake: Mistake, diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether a list and keys are mixed in one block: the first place tells it for all."""
    return mistake.code == "E025" and any(
        (each.code, each.help) == (mistake.code, mistake.help) for each in diagnostics
    )


def _no_sections(root: Data) -> bool:
    """Whether the first level of a file is not what YAML files of lkrun have there."""
    return isinstance(root, list | str) or any(" " in key or "(" in key for key in root or ())


def _diagnostic(file: str, mistake: Mistake) -> Diagnostic:
    line = mistake.row + 1
    related: tuple[Related, ...] = ()
    if mistake.related:
        row, words = mistake.related
        related = (Related(Span(file, row + 1, 1, row + 1, 1), words),)
    span = Span(file, line, mistake.column + 1, line, mistake.end + 1)
    return Diagnostic(span, mistake.code, mistake.message, mistake.help, related, mistake.write)


def _restore_sections(data: dict[str, Data], remainder: Remainder) -> None:
    """A section whose definitions were all left out is empty, not without a value."""
    for section in remainder.sections:
        if section in data and data[section] is None:
            data[section] = {}


def _wrong_root(file: str, root: Data, tree: Tree) -> Diagnostic:
    what = _ROOTS[type(root)]
    start, end = tree.marks[2], tree.marks[3]
    span = tree.span(start, end)
    line, column = tree.line(start)
    short = Span(file, span.line, span.column, span.line, len(line.rstrip()) + 1)
    del column
    message = f"a file holds sections such as 'agents:', but this one is {what}"
    return Diagnostic(
        short,
        "E104",
        message,
        "start it with a section: agents, personas, tools, providers or runner",
    )
