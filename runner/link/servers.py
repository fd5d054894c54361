"""Tools that servers have: their names are only known where they are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runner.schema.tools import McpTool
from runner.schema.types.blocks import Block


@dataclass(frozen=True, slots=True)
class ServerTools:
    """What is known of the tools of some servers.

    Attributes:
        by_name: tool → the server that has it.
        open: whether one may have others.
    """

    by_name: dict[str, str]
    open: bool

    @classmethod
    def of(cls, tools: Iterable[tuple[str, Block | None]]) -> ServerTools:
        """Those of the servers among some tools."""
        servers = [(name, tool) for name, tool in tools if isinstance(tool, McpTool)]
        names = {str(each): name for name, tool in servers for each in sorted(tool.mcp.named)}
        return cls(names, any(not tool.mcp.allow for _, tool in servers))

    def may_have(self, name: str) -> bool:
        """Whether there may be such a tool."""
        return self.open or name in self.by_name
