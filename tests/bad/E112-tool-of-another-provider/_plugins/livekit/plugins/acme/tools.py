"""Tools that its service runs."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.agents import ProviderTool


@dataclass
class WebSearch(ProviderTool):
    """Search the web."""

    days: int = 1

    def __post_init__(self) -> None:
        """Give it its name."""
        super().__init__(id="acme_web_search")
