"""`press_keys`: the agent presses keys of a telephone, as in the menu of somebody else."""

from __future__ import annotations

import logging
from typing import Final

from runner.schema.tools import PressKeysTool
from runner.schema.types.pressed import PAUSE, keys_in
from runner.session.call import Call
from runner.session.clock import rest
from runner.session.events import KeypadEvent
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.tools.kind import ToolKind

log = logging.getLogger("lkrun")

_BETWEEN: Final = 0.3
"""Seconds between two keys."""

_WAIT: Final = 0.5
_CODES: Final = {key: code for code, key in enumerate("0123456789*#ABCD")}


async def press(call: Call, keys: str) -> bool:
    """Press keys, one after the other; by text they are only shown.

    Returns:
        Whether there were any, and the room took them.
    """
    pressed = keys_in(keys)
    if not pressed or call.over:
        log.warning("no key is pressed: '%s' holds none", keys[:60])
        return False
    call.events.tell(KeypadEvent(persona=call.speaking, role="agent", keys=pressed))
    if call.channel == "text" or call.room is None:
        return True
    try:
        for key in pressed:
            if key != PAUSE:
                await call.room.local_participant.publish_dtmf(code=_CODES[key], digit=key)
            await rest(call.clock, _WAIT if key == PAUSE else _BETWEEN)
    except Exception as error:  # noqa: BLE001 - whatever LiveKit raises, the call goes on
        log.warning("the keys could not be pressed: %s", error)
        return False
    return True


async def run(call: Call, tool: PressKeysTool, made: ToolCall) -> ToolResult:
    """Press those of the author, or those that the model gives."""
    fixed = tool.press_keys
    if isinstance(fixed, bool):
        keys = str(made.args.get("keys", ""))
    else:
        keys = call.bound.renderer.text(fixed, {"args": made.args})
    if not await press(call, keys):
        return ToolResult(call.bound.renderer.own("keys_failed"), failed=True)
    return ToolResult(call.bound.renderer.own("keys_sent"), answered=True)


def describe(call: Call, _: PressKeysTool) -> str:
    """What the model is told."""
    return call.bound.renderer.own("describe_press_keys")


KIND = ToolKind(PressKeysTool, run, describe)
