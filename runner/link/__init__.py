"""Specs of all files to a Release: names resolved, templates checked, paths followed."""

from __future__ import annotations

from runner.link.link import Linked, Prompt, Surroundings, file_requests, link
from runner.link.release import AgentRelease, Release

__all__ = ["AgentRelease", "Linked", "Prompt", "Release", "Surroundings", "file_requests", "link"]
