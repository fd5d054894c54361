"""Servers of a folder, asked as they are now."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli import asynchronous
from runner.cli.sending import egress, secrets
from runner.diagnostics import Diagnostic
from runner.egress.port import ToolRequest, ToolResponse

if TYPE_CHECKING:
    from runner.compiler import Compiled
    from runner.link.release import AgentRelease
    from runner.schema.tools import McpTool


_MEND = {
    "url": "start it, or mend its address",
    "command": "try the program with its args: in a terminal",
}


def down(compiled: Compiled, folder: Path) -> list[Diagnostic]:
    """A diagnostic for each server that does not answer: a warning where calls go on without it."""
    if compiled.release is None:
        return []
    needed = {
        name: release for release in compiled.release.agents.values() for name in release.servers
    }
    answers = asynchronous.run(_ask_all(compiled, folder, needed))
    return [
        _down(compiled, name, needed[name].servers[name], answer)
        for name, answer in answers.items()
        if not answer.ok
    ]


async def _ask_all(
    compiled: Compiled, folder: Path, needed: Mapping[str, AgentRelease]
) -> dict[str, ToolResponse]:
    sending = egress(folder, secrets(compiled.secrets))
    if compiled.release is not None:
        sending.follow(compiled.release.process.network)
    try:
        requests = [sending.ask(r, ToolRequest(n, {}, {}), owner=n) for n, r in needed.items()]
        return dict(zip(needed, await asyncio.gather(*requests), strict=True))
    finally:
        await sending.aclose()


def _down(compiled: Compiled, name: str, tool: McpTool, answer: ToolResponse) -> Diagnostic:
    definition = compiled.scopes[0].table.entries["tools"][name]
    span = definition.document.value_span((*definition.location, "mcp", tool.mcp.kind))
    message = f"the server '{name}' cannot be used: {answer.error}"
    mend = _MEND[tool.mcp.kind]
    if not tool.mcp.required:
        warning = f"calls go on without the server '{name}', which cannot be used: {answer.error}"
        return Diagnostic(span, "W406", warning, mend)
    return Diagnostic(span, "E406", message, f"{mend}; with required: no calls go on without it")


async def call(
    compiled: Compiled,
    folder: Path,
    release: AgentRelease,
    ask: ToolRequest,
    given: Mapping[str, str],
) -> tuple[ToolResponse, float]:
    """Call a tool of a server by hand, with what it took; without a function, list its tools."""
    sending = egress(folder, secrets(compiled.secrets))
    if compiled.release is not None:
        sending.follow(compiled.release.process.network)
    try:
        begun = time.perf_counter()
        listed = await sending.ask(release, ToolRequest(ask.tool, {}, ask.values))
        if ask.function is None or not listed.ok:
            output = os.linesep.join(_lines(listed.result or ())) if listed.ok else listed.output
            answer = ToolResponse(
                ok=listed.ok, output=output or "It has no tools.", error=listed.error
            )
            return answer, _ms(begun)
        known = {str(tool["name"]): tool for tool in listed.result}
        schema = known.get(ask.function, {}).get("parameters") or {}
        arguments = {n: _read(v, schema.get("properties", {}).get(n, {})) for n, v in given.items()}
        begun = time.perf_counter()
        request = ToolRequest(ask.tool, arguments, ask.values, ask.function)
        return await sending.ask(release, request), _ms(begun)
    finally:
        await sending.aclose()


def _ms(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 1)


def _lines(tools: Any) -> Iterator[str]:
    """A line for each tool: its name, its parameters and what it does."""
    for tool in tools:
        names = ", ".join((tool.get("parameters") or {}).get("properties", {}))
        about = str(tool.get("description") or "").strip().split("\n")[0]
        yield f"{tool['name']}({names}){f': {about}' if about else ''}"


def _read(text: str, schema: Mapping[str, Any]) -> Any:
    """A value by its parameter's schema: a text stays one, the rest is JSON where it can be."""
    if schema.get("type") == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
