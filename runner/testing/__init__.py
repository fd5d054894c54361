"""Conversation tests: scripted and simulated talks with an agent, in process.

The public surface, for tests of one's own in Python, is `Folder`; `docs/tests.md` shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.testing.library import Folder as Folder
    from runner.testing.library import FolderError as FolderError
    from runner.testing.library import Talk as Talk
    from runner.testing.library import Turn as Turn

__all__ = ["Folder", "FolderError", "Talk", "Turn"]


def __getattr__(name: str) -> Any:
    """Load the public surface when it is asked for: it brings LiveKit with it."""
    if name not in __all__:
        raise AttributeError(f"module 'runner.testing' has no attribute '{name}'")
    from runner.testing import library  # noqa: PLC0415 - LiveKit takes a second to load

    return getattr(library, name)
