"""What the agent says by text, piece by piece."""

from __future__ import annotations

from collections.abc import Callable

from livekit.agents.voice.io import TextOutput


class TextPieces(TextOutput):
    """Hands on each piece of a text as it comes; two texts are two lines."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        super().__init__(label="lkrun", next_in_chain=None)
        self._on_text = on_text
        self._between = ""

    def begin(self) -> None:
        """Another turn begins: what comes next is the first of its lines."""
        self._between = ""

    async def capture_text(self, text: str) -> None:
        """Hand on a piece."""
        if text:
            self._on_text(self._between + text)
            self._between = ""

    def flush(self) -> None:
        """Note that a text has ended."""
        self._between = "\n"
