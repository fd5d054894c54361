"""A tool of an MCP server, as a call has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.schema.tools import McpTool
from runner.schema.types.blocks import key
from runner.schema.types.texts import Condition


class ServerTool(McpTool):
    """One tool of such a server, in a call. No author writes it.

    Attributes:
        server: the name of the tool that is the server.
        function: its own name there.
        arguments: the JSON Schema of its arguments.
    """

    server: str = ""
    function: str = ""
    arguments: dict[str, Any] = key("their JSON Schema", {})

    @classmethod
    def of(cls, server: str, tool: McpTool, listed: Mapping[str, Any]) -> ServerTool:
        """One tool, as the server tells of it: name, description, parameters."""
        name = str(listed["name"])
        own = tool.mcp.tools.get(name)
        conditions = [c for c in (tool.condition, own.condition if own else None) if c]
        whole = " and ".join(f"({c})" for c in conditions) if len(conditions) > 1 else None
        given = {
            attribute: getattr(own, attribute)
            for attribute in (own.model_fields_set if own is not None else ())
        }
        own_keys = given.keys()
        for attribute in tool.model_fields_set - own_keys - {"mcp", "description"}:
            given[attribute] = getattr(tool, attribute)
        given["condition"] = Condition(whole) if whole else next(iter(conditions), None)
        return cls.model_construct(
            **given,
            mcp=tool.mcp,
            description=None,
            server_text=str(listed.get("description") or name),
            server=server,
            function=name,
            arguments=dict(listed.get("parameters") or {"type": "object", "properties": {}}),
        )

    server_text: str = ""
