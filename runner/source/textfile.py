"""A text file, read and clean."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from runner.source.characters import decode, unseen
from runner.source.reading import TextProblem


@dataclass(frozen=True, slots=True)
class TextFile:
    r"""A text file; of one that is attached only its path is known.

    Attributes:
        path: relative to the root, with `/`.
        text: with `\n` as its only line break and without a byte order mark.
        digest: sha256 of its bytes, in hex.
        documents: where it was asked for as documents: each of them.
        folders: the folders in which these stand.
        left_out: what else stands in these, and is not read.
    """

    path: str
    text: str
    digest: str
    documents: tuple[TextFile, ...] = ()
    folders: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def text_of(path: str, name: str, data: bytes) -> TextFile | TextProblem:
    """Return the text of a file, or what is wrong with its bytes; `name` is how it is called."""
    decoded = decode(data)
    flaw = decoded.flaw or next(unseen(decoded.text), None)
    if flaw is None:
        return TextFile(path, decoded.text, hashlib.sha256(data).hexdigest())
    place = f"'{name}', line {flaw.line}, column {flaw.column}"
    return TextProblem(flaw.code, f"{place}: {flaw.message}", flaw.help)
