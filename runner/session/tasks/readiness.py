"""When what the caller does with their hands is taken: keys of a telephone, their app."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from runner.session.call import Call


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
