"""The folders of agents that the repository itself has."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
LIVEKIT = ROOT / "examples" / "livekit"
APPS = sorted(path for path in LIVEKIT.iterdir() if path.is_dir())
"""LiveKit's own example apps."""

BY_PHONE = sorted(path for path in (ROOT / "examples" / "phone").iterdir() if path.is_dir())
"""Agents that call people, or hand them on."""

_GROUPS = (LIVEKIT, ROOT / "examples" / "phone")
_OTHERS = ("__pycache__", *(group.name for group in _GROUPS))
OTHERS = sorted(p for p in (ROOT / "examples").iterdir() if p.is_dir() and p.name not in _OTHERS)
FOLDERS = [ROOT / "agents.d", *OTHERS, *APPS, *BY_PHONE]
"""All of them, and the demonstration."""
