"""A document to passages: pieces that make sense by themselves, each with its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 1200
"""Bytes of a passage: some two hundred words in any script."""

_HEADING: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f\u0964])\s*|\n")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document.

    Attributes:
        headings: those that it stands below, the outermost first.
        file: the document's path.
    """

    text: str
    headings: tuple[str, ...] = ()
    file: str = ""

    @property
    def title(self) -> str:
        """Its headings as one line."""
        return " > ".join(self.headings)

    def __str__(self) -> str:
        """The passage as the model reads it."""
        return f"## {self.title}\n{self.text}" if self.headings else self.text


def passages(text: str, file: str = "") -> Iterator[Passage]:
    """Yield the passages of a document, in its order; headings are Markdown's (`# Parking`)."""
    for headings, lines in _sections(text):
        for piece in _joined(_paragraphs("\n".join(lines))):
            yield Passage(piece, headings, file)


def _sections(text: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield what stands below each heading; one with nothing below it is a section all the same."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = said = False
    for line in text.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        if _has_text(lines):
            yield tuple(title for _, title in path), lines
            said = True
        lines, depth = [], len(heading[1])
        if path and not said and path[-1][0] >= depth:
            yield tuple(title for _, title in path[:-1]), [path[-1][1]]
        path = [step for step in path if step[0] < depth]
        path.append((depth, heading[2]))
        said = False
    if _has_text(lines):
        yield tuple(title for _, title in path), lines
    elif path and not said:
        yield tuple(title for _, title in path[:-1]), [path[-1][1]]


def _has_text(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n[ \t]*\n", text.strip("\n")):
        if paragraph.strip():
            yield from _bounded(paragraph.strip("\n"))


def _bounded(paragraph: str) -> Iterator[str]:
    """Yield a paragraph, or its parts where it is too long: sentences, else what fits."""
    if _size(paragraph) <= LONGEST:
        yield paragraph
        return
    sentences = (s for s in _SENTENCE.split(paragraph) if s and s.strip())
    pieces = (piece for sentence in sentences for piece in _cut(sentence))
    yield from _joined(pieces, " ")


def _cut(sentence: str) -> Iterator[str]:
    """Yield a sentence in pieces that fit, cut between words where there are any."""
    while _size(sentence) > LONGEST:
        head = sentence.encode()[:LONGEST].decode(errors="ignore")
        place = head.rfind(" ")
        head = head[:place] if place > len(head) // 2 else head
        yield head
        sentence = sentence[len(head) :].lstrip()
    if sentence:
        yield sentence


def _joined(pieces: Iterator[str], glue: str = "\n\n") -> Iterator[str]:
    """Yield pieces put together as long as they fit."""
    whole = ""
    for piece in pieces:
        longer = f"{whole}{glue}{piece}" if whole else piece
        if whole and _size(longer) > LONGEST:
            yield whole
            whole = piece
        else:
            whole = longer
    if whole:
        yield whole


def _size(text: str) -> int:
    return len(text.encode())
