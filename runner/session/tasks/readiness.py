"""When what nobody has said is taken: keys of a telephone, the caller's app, what others send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from livekit.agents.voice.agent_activity import ActivityClosedError

from runner.session.call import Call
from runner.session.errors import CallOverError


def cut_short(call: Call) -> None:
    """Stop what is being said, where it may be interrupted."""
    if call.spoken_to and call.session.agent_state == "speaking":
        with suppress(RuntimeError):  # what is said cannot be interrupted
            call.session.interrupt()


async def ready(call: Call, cut: Callable[[], None]) -> None:
    """Wait until nothing is said or done any more; `cut` stops what may be interrupted."""
    while True:
        await call.arrived.wait()
        cut()
        await call.idle.wait()
        speech = call.session.current_speech
        if call.arrived.is_set() and call.idle.is_set() and (speech is None or speech.done()):
            return
        if speech is not None:
            await speech.wait_for_playout()


async def between_turns(call: Call, queue: asyncio.Lock | None = None) -> None:
    """Wait until nobody speaks, no tool runs and the call is not being handed over.

    After its return nothing has begun anew, up to the next `await` that has to wait.

    Args:
        call: the call.
        queue: held while what the caller writes is answered; free at the return.

    Raises:
        CallOverError: the call has ended, or is ending.
    """
    while True:
        await call.arrived.wait()
        await call.idle.wait()
        if queue is not None and queue.locked():
            async with queue:
                continue
        try:
            await call.session.wait_for_idle()
        except (ActivityClosedError, RuntimeError):
            raise CallOverError from None
        free = queue is None or not queue.locked()
        if call.arrived.is_set() and call.idle.is_set() and free:
            return
