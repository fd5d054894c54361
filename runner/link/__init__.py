"""Specs of all files to a Release: names resolved, templates checked, paths followed."""

from __future__ import annotations

from runner.link.link import Linked, link
from runner.link.memo import Memo
from runner.link.release import AgentRelease, Release
from runner.link.surroundings import LinkContext, Prompt

__all__ = [
    "AgentRelease",
    "LinkContext",
    "Linked",
    "Memo",
    "Prompt",
    "Release",
    "link",
]
