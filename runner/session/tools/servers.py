"""The servers of a call: asked at its start for their tools, which the model then has."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Any

from runner.egress.port import Egress, ToolRequest
from runner.link.release import AgentRelease
from runner.schema.tools import McpTool
from runner.session.errors import CannotStartError
from runner.session.plan import Plan, plan_of
from runner.session.server_tool import ServerTool
from runner.session.values.templates import TemplateContext

log = logging.getLogger("lkrun")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What models take for a function's name."""

Tools = Mapping[str, Mapping[str, ServerTool]]
"""Server → name → tool."""


async def with_servers(
    plan: Plan, release: AgentRelease, context: TemplateContext, egress: Egress
) -> Plan:
    """The plan of a call with the tools of its servers; the same where it has none.

    Raises:
        CannotStartError: a server is not there that the call needs.
    """
    if not release.servers:
        return plan
    values = context.sent()
    requests = [_tools(name, tool, values, egress) for name, tool in release.servers.items()]
    tools = dict(zip(release.servers, await asyncio.gather(*requests), strict=True))
    return plan.with_servers(_one_name_each(plan, tools))


def with_known_servers(before: Plan, release: AgentRelease) -> Plan:
    """The plan of another release with the tools that a running call knows already."""
    plan = plan_of(release)
    if not release.servers:
        return plan
    known = [tool for tool in before.tools.values() if isinstance(tool, ServerTool)]
    tools_of: dict[str, dict[str, ServerTool]] = {}
    for name, server in release.servers.items():
        tools_of[name] = {
            t.function: ServerTool.of(
                name,
                server.model_copy(update={"mcp": t.mcp}),  # the server itself waits
                {"name": t.function, "description": t.server_text, "parameters": t.arguments},
            )
            for t in known
            if t.server == name
        }
    return plan.with_servers(_one_name_each(plan, tools_of))


async def _tools(
    name: str, tool: McpTool, values: Mapping[str, Any], egress: Egress
) -> dict[str, ServerTool]:
    answer = await egress.ask(ToolRequest(name, {}, dict(values)))
    if not answer.ok:
        if tool.mcp.required:
            raise CannotStartError(f"the server '{name}' is not there: {answer.error}")
        log.warning("the call goes on without the server '%s': %s", name, answer.error)
        return {}
    listed = {str(each["name"]): each for each in answer.result or ()}
    for lacking in sorted(tool.mcp.named - listed.keys()):
        log.warning("the server '%s' has no tool '%s'", name, lacking)
    return {n: ServerTool.of(name, tool, each) for n, each in listed.items() if _NAME.fullmatch(n)}


def _one_name_each(plan: Plan, tools_of: Tools) -> dict[str, dict[str, ServerTool]]:
    """Leave out what has the name of a tool that is there already."""
    taken = set(plan.tools)
    kept: dict[str, dict[str, ServerTool]] = {}
    for server, tools in tools_of.items():
        for name in sorted(taken & tools.keys()):
            log.warning("the tool '%s' of '%s' is left out: its name is taken", name, server)
        kept[server] = {n: t for n, t in tools.items() if n not in taken}
        taken |= kept[server].keys()
    return kept
