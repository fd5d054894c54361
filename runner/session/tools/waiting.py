"""What the caller hears, and whether they are heard, while a tool works."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from livekit.agents import FunctionCall, RunContext
from livekit.agents.voice import SpeechHandle

from runner.schema.calling import AnyTool, WaitingTool, WhileWaiting
from runner.session.call import Call
from runner.session.events import MessageEvent
from runner.session.tools.calls import ToolCall


@asynccontextmanager
async def waiting(
    call: Call, tool: AnyTool, made: ToolCall, run: RunContext[Any] | None
) -> AsyncIterator[None]:
    """Speak to the caller while the block is done, and let their words wait where they have to.

    Args:
        call: the call.
        tool: the tool that works.
        made: the call of it.
        run: LiveKit's side of it, where the model has called it or the tool whose action it is.
    """
    async with AsyncExitStack() as stack:
        if isinstance(tool, WaitingTool) and not tool.background:
            if not tool.interruptible and run is not None:
                await stack.enter_async_context(_undisturbed(call, run))
            if tool.while_waiting is not None:
                await stack.enter_async_context(_words(call, tool.while_waiting, made, run))
        yield


@asynccontextmanager
async def _undisturbed(call: Call, run: RunContext[Any]) -> AsyncIterator[None]:
    """Let the caller's words wait. What the model has said first is heard, and heard to its end."""
    await run.wait_for_playout()
    speech = run.speech_handle
    if speech not in call.held:
        speech.add_done_callback(call.held.__delitem__)
    call.held[speech] += 1
    try:
        yield
    finally:
        call.held[speech] -= 1


def _words(call: Call, spec: WhileWaiting, made: ToolCall, run: RunContext[Any] | None) -> Any:
    """LiveKit's own filler: only while nobody speaks, and no word of it is left when it is over.

    The words are no part of the talk as the model sees it: they would stand behind the answer.
    """

    def speak(_step: int) -> SpeechHandle | None:
        renderer = call.bound.renderer
        words = (
            renderer.next(spec.say, {"args": made.args})
            if spec.say is not None
            else renderer.own("one_moment")
        )
        if not words or call.over:
            return None
        call.events.tell(MessageEvent(persona=call.speaking, role="agent", text=words))
        return call.utter(words, add_to_chat_ctx=False)

    pause = None if spec.every is None else spec.every - spec.after
    return (run or _run_of(call, made)).with_filler(speak, delay=spec.after, interval=pause)


def _run_of(call: Call, made: ToolCall) -> RunContext[Any]:
    """LiveKit's side of a call that no model has made."""
    arguments = json.dumps(dict(made.given), default=str)
    return RunContext(
        session=call.session,
        speech_handle=SpeechHandle.create(),
        function_call=FunctionCall(call_id=made.id, name=made.name, arguments=arguments),
    )


async def undisturbed(call: Call) -> bool:
    """Wait until no tool works, and nothing is said of one, over which the caller may not speak.

    Returns:
        Whether there was one.
    """
    waited = False
    while held := [speech for speech in call.held if not speech.done()]:
        waited = True
        await held[0].wait_for_playout()
    return waited
