"""The folders of agents that the repository itself has."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
LIVEKIT = ROOT / "examples" / "livekit"
APPS = sorted(path for path in LIVEKIT.iterdir() if path.is_dir())
"""LiveKit's own example apps."""

OTHERS = sorted(p for p in (ROOT / "examples").iterdir() if p.is_dir() and p != LIVEKIT)
FOLDERS = [ROOT / "agents.d", *OTHERS, *APPS]
"""All of them, and the demonstration."""
