"""YAML text to a located document: the only importer of strictyaml."""

from __future__ import annotations

from runner.syntax.document import Data, Document, Location, Style, as_written, is_again
from runner.syntax.parse import parse

__all__ = ["Data", "Document", "Location", "Style", "as_written", "is_again", "parse"]
