"""A speech-to-speech model whose connection was lost: what it left unanswered is asked again."""

from __future__ import annotations

import asyncio

from livekit.agents import Agent

from runner.session.call import Call


class Reconnections:
    """Watches the connection of one persona's model, from its beginning to `stop`.

    LiveKit connects anew, or to the next of several models, and tells them what was said; a reply
    that went down with the connection is asked for by nobody.
    """

    def __init__(self, call: Call, persona: Agent) -> None:
        """Begin; the persona speaks."""
        self._call, self._persona = call, persona
        self._session = persona.realtime_llm_session
        self._session.on("session_reconnected", self._again)
        self._tasks: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Watch no more: the connection may serve the next persona."""
        self._session.off("session_reconnected", self._again)

    def _again(self, _: object) -> None:
        task = asyncio.get_running_loop().create_task(self._answer())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self) -> None:
        try:
            await self._call.quiet()
        except RuntimeError:
            return  # the call is ending
        said = [m for m in self._persona.chat_ctx.messages() if m.role in ("user", "assistant")]
        speaks = self._call.session.current_agent is self._persona
        if speaks and not self._call.over and said and said[-1].role == "user":
            await self._call.instruct("", tools=True)
