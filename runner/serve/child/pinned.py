"""The releases that a process of dialogues has read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from runner.link.release import AgentRelease

_KEPT: Final = 64
"""Agents whose releases are kept in memory."""


@lru_cache(maxsize=_KEPT)
def release_at(file: str) -> AgentRelease:
    """A release by its file, whose name is its content's."""
    return AgentRelease.from_json(Path(file).read_bytes())
