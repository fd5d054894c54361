"""Nodes of a persona: generators of plugins through which sound and words pass, in order."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

log = logging.getLogger("lkrun")

Forward = Callable[[Any, Any], Any]
"""Takes what comes in and LiveKit's model settings; gives what goes on."""

Node = Callable[[Any, Any, Forward], Any]


async def through(
    nodes: Sequence[tuple[str, Node]], last: Forward, source: Any, settings: Any
) -> AsyncGenerator[Any, None]:
    """Send something through nodes, the last of them LiveKit's own.

    Raises:
        Exception: whatever a node raises; the log names it.
    """
    forward = last
    for name, node in reversed(nodes):
        forward = partial(_passed, name, node, forward)
    async with aclosing(_stream(forward(source, settings))) as passing:
        async for piece in passing:
            yield piece


async def _passed(
    name: str, node: Node, forward: Forward, source: Any, settings: Any
) -> AsyncGenerator[Any, None]:
    try:
        async with aclosing(_stream(node(source, settings, forward))) as passing:
            async for piece in passing:
                yield piece
    except Exception as error:
        log.error("the node %s failed: %s: %s", name, type(error).__name__, error)  # noqa: TRY400 - no traceback may reach an author
        raise


async def _stream(made: Any) -> AsyncGenerator[Any, None]:
    """What a node, or LiveKit, gives: a stream, something that becomes one, or nothing."""
    if hasattr(made, "__await__"):
        made = await made
    if made is None:
        return
    if isinstance(made, str):
        yield made
        return
    pieces: AsyncIterator[Any] = aiter(made)
    try:
        async for piece in pieces:
            yield piece
    finally:
        close = getattr(made, "aclose", None)
        if close is not None:
            await close()
