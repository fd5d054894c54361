"""`lkrun chat --with-reload`: the conversation goes on with what is saved."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from runner.cli.check import missing_secrets

if TYPE_CHECKING:
    from runner.compiler import Compiled, Compiler
    from runner.egress.client import HttpEgress
    from runner.egress.port import ToolRequest, ToolResponse
    from runner.link import AgentRelease, Release
    from runner.serve.reload.reloader import ReloadResult
    from runner.session.conversation import Conversation

Show = Callable[[dict[str, Any], str], None]
"""Shows an event: as an object for programs, as a text for people."""


class LatestEgress:
    """The egress of a conversation whose release may become another one.

    Attributes:
        release: the agent, as the conversation has it now.
    """

    def __init__(self, egress: HttpEgress) -> None:
        """Take what sends."""
        self._egress = egress

    def follow(self, served: Release, agent: AgentRelease) -> None:
        """Send what an agent of a release asks for, by the ways that the release has."""
        self.release = agent
        self._egress.follow(served.process.network)

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Send the request of a tool."""
        return await self._egress.ask(self.release, ask)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._egress.aclose()


class Following:
    """Has one conversation take what is saved (`runner.serve.reload.reloader.Target`)."""

    def __init__(self, talk: Conversation, egress: LatestEgress, show: Show) -> None:
        """Take the conversation."""
        self._talk = talk
        self._egress = egress
        self._show = show
        self._live: tuple[str, ...] = ()
        self._waiting: tuple[str, ...] = ()
        self._why: str | None = None

    async def swap(self, release: Release) -> None:
        """Give the conversation a release, between two turns."""
        from runner.session.conversation import CannotRenewError

        self._live, self._waiting, self._why = (), (), None
        name = self._egress.release.name
        agent = release.agents.get(name)
        if agent is None:
            self._why = f"there is no agent '{name}' any more"
            return
        try:
            done = await self._talk.renew(agent)
        except CannotRenewError as error:
            self._why = str(error)
            return
        self._live, self._waiting = done.live, done.waiting
        self._egress.follow(release, agent)

    def tell(self, outcome: ReloadResult) -> None:
        """Show what came of it in the conversation."""
        from runner.serve.reload import report

        words = report.words(outcome)
        event = {"type": "reload", **report.fields(outcome)}
        if outcome.result == "ok":
            event |= {"live": self._live, "waiting": self._waiting, "kept": self._why}
            if self._why is not None:
                words += f"\nthis conversation goes on as it was: {self._why}"
            elif self._waiting:
                words += f"\nonly for the next conversation: {', '.join(self._waiting)}"
        self._show(event, words)


@contextlib.asynccontextmanager
async def following(
    compiler: Compiler, compiled: Compiled, target: Following
) -> AsyncIterator[None]:
    """Follow the folder while a conversation is on."""
    from runner.serve.reload.reloader import Reloader

    reloader = Reloader(compiler, compiled, target, missing_secrets)
    task = asyncio.get_running_loop().create_task(reloader.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
