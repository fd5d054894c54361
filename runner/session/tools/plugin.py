"""`plugin`: does what the code of a package does."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from livekit.agents import ToolError

from runner.schema.tools import PluginTool
from runner.session.call import Call
from runner.session.clock import within
from runner.session.errors import CannotStartError
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind
from runner.template import as_data

log = logging.getLogger("lkrun")

LONGEST = 30.0
"""Seconds after which nobody waits for a plugin any longer."""

MOST = 16 * 1024
"""Characters of an answer that the model sees."""


async def run(call: Call, tool: PluginTool, made: ToolCall) -> ToolResult:
    """Run the plugin's own function with the arguments, and answer with what it gives."""
    name = str(tool.plugin)
    try:
        work = call.bound.models.plugin("tool", name, tool.options)
        with call.budget.counting():
            async with within(call.clock, max(0.0, min(LONGEST, call.budget.left))):
                given = await work(as_data(made.args))
    except ToolError as error:
        message = call.bound.models.hidden.text(str(error.message))
        return ToolResult(message, error={"message": message}, failed=True)
    except TimeoutError:
        return _failed(call, made.name, name, f"it was not done within {LONGEST:g}s")
    except CannotStartError as error:
        return _failed(call, made.name, name, str(error))
    except asyncio.CancelledError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises, the caller is answered
        why = call.bound.models.mask(f"{type(error).__name__}: {error}")
        return _failed(call, made.name, name, why)
    return ToolResult(call.bound.models.hidden.text(_text(call, given)), given)


def _failed(call: Call, tool: str, plugin: str, why: str) -> ToolResult:
    log.error("tool '%s' failed: the plugin '%s': %s", tool, plugin, why)
    return ToolResult(call.bound.renderer.own("tool_failed"), error={"message": why}, failed=True)


def _text(call: Call, given: Any) -> str:
    if given is None:
        return call.bound.renderer.own("tool_done")
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, default=str)
    return text[:MOST]


KIND = ToolKind(PluginTool, run)
