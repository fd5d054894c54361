"""Finds, reads and hashes the files of the configuration folder: the only reader of that folder."""

from __future__ import annotations

from runner.source.fingerprint import Fingerprint, fingerprint
from runner.source.reading import MAX_SIZE, TextProblem
from runner.source.scan import Scan, SourceFile, scan
from runner.source.textfile import TextFile
from runner.source.texts import Request, attached, read_attached, read_table, read_texts

__all__ = [
    "MAX_SIZE",
    "Fingerprint",
    "Request",
    "Scan",
    "SourceFile",
    "TextFile",
    "TextProblem",
    "attached",
    "fingerprint",
    "read_attached",
    "read_table",
    "read_texts",
    "scan",
]
