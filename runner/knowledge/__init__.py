"""What stands in documents: cut into passages, and found by the words of a question (BM25)."""

from __future__ import annotations

from runner.knowledge.index import Index
from runner.knowledge.passages import Passage, passages

__all__ = ["Index", "Passage", "passages"]
