"""The configuration folder as it is now: every YAML file with its content."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic, Span
from runner.source.reading import TextProblem, read
from runner.source.walk import walk

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A YAML file.

    Attributes:
        path: relative to the root, with `/`.
        data: its bytes.
        digest: sha256 of `data`, in hex.
    """

    path: str
    data: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a folder holds: files by path, and what could not be read."""

    files: tuple[SourceFile, ...]
    diagnostics: tuple[Diagnostic, ...]


def scan(root: Path) -> Scan:
    """Read every YAML file below `root`; what cannot be read is a diagnostic at its line 1."""
    files: list[SourceFile] = []
    diagnostics: list[Diagnostic] = []
    for each in walk(os.fspath(root)):
        data = each.problem or read(each.location)
        if isinstance(data, TextProblem):
            diagnostics.append(Diagnostic(Span(each.path), data.code, data.message, data.help))
        elif data is not None:  # else it went away since it was listed
            files.append(SourceFile(each.path, data, hashlib.sha256(data).hexdigest()))
    files.sort(key=lambda file: file.path)
    return Scan(tuple(files), tuple(sorted(diagnostics)))
