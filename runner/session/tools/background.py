"""`background: yes`: the talk goes on while a tool works, and the answer comes when it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from livekit.agents import llm
from livekit.agents.llm import Tool, Toolset
from livekit.agents.llm.async_toolset import AsyncToolset


class BackgroundTools(AsyncToolset):
    """The tools of the persona that speaks which work in the background.

    They belong to the session, so that a handoff neither waits for them nor breaks them off, and
    whoever speaks then is told of their answers.

    Args:
        offered: the tools of the persona that speaks.
    """

    def __init__(self, offered: Callable[[], Sequence[llm.Tool]]) -> None:
        """Offer what the persona that speaks has."""
        self._offered: Callable[[], Sequence[llm.Tool]] = tuple  # LiveKit looks at once
        super().__init__(id="background")
        self._offered = offered

    @property
    def tools(self) -> Sequence[Tool | Toolset]:
        """Those that may be called now."""
        return self._offered()
