"""What callers will notice between two releases, in plain words."""

from __future__ import annotations

from runner.diff.change import Change
from runner.diff.compare import Side, diff
from runner.diff.report import NOTHING, document, text

__all__ = ["NOTHING", "Change", "Side", "diff", "document", "text"]
