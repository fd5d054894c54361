"""Waiting for a state of which nobody tells, bounded in time."""

import asyncio


async def until(condition):
    """Let the loop run until something has become true."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - it belongs to LiveKit or to a task without an event
            await asyncio.sleep(0.005)
